import {
  activationOf, batchSize, checkLayerRows, imageGeometry, sampleData, sliceBatch, type MethodBatch, type MethodContext, type ModelAdapter, type Tensor,
} from '@pellucid/core';
import type { Tap } from './taps.ts';

/** The last tap of a batch as a matrix: a row of channels per pixel, image by image. */
export interface Features {
  readonly samples: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float32Array;
}

/** The mean over the channels of an earlier tap, [N, 1, h, w]. */
export type Strength = Tensor;

/** What a batch excites: the features that colours come from, and how strongly it excites each earlier tap. */
export interface Excitations {
  readonly features: Features;
  readonly strengths: readonly Strength[];
}

interface Gathered {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float32Array;
}

/** A tap of one piece of the batch, pixel by pixel, or its means over the channels. */
function gather(values: Tensor, { layout }: Tap, averaged: boolean): Gathered {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(values.shape, layout);
  const kept = averaged ? 1 : channels;
  const gathered = new Float32Array(batchSize(values) * height * width * kept);
  for (let row = 0; row < batchSize(values) * height * width; row++) {
    const pixels = height * width;
    const source = sampleData(values, Math.floor(row / pixels));
    const pixel = (row % pixels) * pixelStride;
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      const value = source[channel * channelStride + pixel]!;
      if (averaged) sum += value;
      else gathered[row * channels + channel] = value;
    }
    if (averaged) gathered[row] = sum / channels;
  }
  return { height, width, channels: kept, values: gathered };
}

function join(pieces: readonly Gathered[]): Gathered {
  const values = new Float32Array(pieces.reduce((sum, piece) => sum + piece.values.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    values.set(piece.values, offset);
    offset += piece.values.length;
  }
  const { height, width, channels } = pieces[0]!;
  return { height, width, channels, values };
}

/** Runs a batch in pieces and keeps of each tap what is needed. @throws LAYER_UNSUITABLE where a layer has several rows per sample. */
export async function excite(
  model: ModelAdapter<'activations'>, taps: readonly Tap[], { input }: Pick<MethodBatch, 'input'>, { chunkSize, progress }: MethodContext,
): Promise<Excitations> {
  const samples = batchSize(input);
  const names = taps.filter(({ isInput }) => !isInput).map(({ name }) => name);
  const pieces = taps.map((): Gathered[] => []);
  for (let start = 0; start < samples; start += chunkSize) {
    const end = Math.min(start + chunkSize, samples);
    const piece = sliceBatch(input, start, end);
    const evaluation = await model.evaluate({ input: piece, activations: [...new Set(names)] });
    taps.forEach((tap, i) => {
      const values = tap.isInput ? piece : activationOf(evaluation, tap.name);
      checkLayerRows(values, end - start, tap.name, model.name, 'prism');
      pieces[i]!.push(gather(values, tap, i < taps.length - 1));
    });
    progress(end, samples);
  }
  const joined = pieces.map(join);
  return {
    features: { samples, ...joined[joined.length - 1]! },
    strengths: joined.slice(0, -1).map(({ height, width, values }) => ({ shape: [samples, 1, height, width], data: values })),
  };
}
