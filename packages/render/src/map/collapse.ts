import { batchSize, imageGeometry, PellucidError, sampleData, type Layout, type Tensor } from '@pellucid/core';

/** One value per pixel, row-major. */
export interface Plane {
  readonly height: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** The values of one sample. @throws REQUEST_INVALID when there is no such sample; INPUT_NOT_FINITE. */
export function finiteSample(batch: Tensor, sample: number, what: string): Float32Array {
  if (!Number.isInteger(sample) || sample < 0 || sample >= batchSize(batch)) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `draw sample ${sample} of the ${what}`,
      problem: `there are ${batchSize(batch)}, counted from 0`,
      help: 'Choose one of them.',
    });
  }
  const values = sampleData(batch, sample);
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) throw new PellucidError('INPUT_NOT_FINITE', { what, sample, index, value: String(values[index]) });
  return values;
}

/** Sums the channels of one sample, as Captum does: what a pixel as a whole contributes. @throws REQUEST_INVALID, INPUT_NOT_FINITE, SHAPE_MISMATCH */
export function collapseChannels(values: Tensor, layout: Layout, sample: number): Plane {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(values.shape, layout);
  const data = finiteSample(values, sample, 'attribution map');
  const sums = new Float64Array(height * width);
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < sums.length; pixel++) sums[pixel]! += data[channel * channelStride + pixel * pixelStride]!;
  }
  return { height, width, values: sums };
}
