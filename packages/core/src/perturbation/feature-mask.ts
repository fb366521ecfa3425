import { PellucidError } from '../errors/pellucid-error.ts';
import { superpixels } from '../image/superpixels.ts';
import type { MethodBatch } from '../method/method.ts';
import { isSpatial } from '../model/model-adapter.ts';
import { isTensor, type OptionSpec } from '../method/options.ts';
import { batchSize, sampleData, sampleSize } from '../tensor/batch.ts';
import { fillByChannel } from '../tensor/channel-order.ts';
import { imageGeometry, type Layout } from '../tensor/layout.ts';
import { equalShapes, formatShape, type Tensor } from '../tensor/tensor.ts';

/** Which values of a sample belong together: the feature of each value, numbered from 0 without gaps. */
export interface FeatureMask {
  /** In the order of the sample's memory. */
  readonly ids: Int32Array;
  readonly count: number;
}

/**
 * What counts as one feature: a cell of a grid of so many rows and columns, all channels together; a superpixel; each value by itself; or
 * what a tensor of numbers says, in the shape of one sample, of the batch, or of height and width. `auto` is a grid of 8 x 8 for images,
 * each value for anything else.
 */
export type Features = 'auto' | 'each' | 'superpixels' | readonly [rows: number, columns: number] | { readonly superpixels: number } | Tensor;

const DEFAULT_CELLS = 8;
const DEFAULT_SUPERPIXELS = 64;

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 1;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

/** The `features` option of a method. */
export function featuresOption(): OptionSpec<Features> {
  return {
    type: '"auto" | "each" | "superpixels" | [rows, columns] | { "superpixels": count } | tensor',
    description: 'What counts as one feature: grid cells, superpixels, each value, or a tensor of numbers. By default a grid of 8 x 8 for images.',
    default: 'auto',
    accepts: (value): value is Features =>
      value === 'auto' || value === 'each' || value === 'superpixels' || isTensor(value) ||
      (Array.isArray(value) && value.length === 2 && value.every(isCount)) ||
      (isObject(value) && Object.keys(value).join() === 'superpixels' && isCount(value['superpixels'])),
  };
}

/** The feature of every pixel, for all channels of a sample. */
function overChannels(pixels: ArrayLike<number>, shape: readonly number[], layout: Layout): Int32Array {
  const { channels, channelStride, pixelStride } = imageGeometry(shape, layout);
  const ids = new Int32Array(channels * pixels.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let p = 0; p < pixels.length; p++) ids[channel * channelStride + p * pixelStride] = pixels[p]!;
  }
  return ids;
}

function gridCells(shape: readonly number[], layout: Layout, [rows, columns]: readonly [number, number]): Int32Array {
  const { height, width } = imageGeometry(shape, layout);
  const cell = (p: number): number => Math.floor((Math.floor(p / width) * rows) / height) * columns + Math.floor(((p % width) * columns) / width);
  return overChannels(Int32Array.from({ length: height * width }, (_, p) => cell(p)), shape, layout);
}

/** Numbers the features from 0 without gaps, in the order of their own numbers. */
function numbered(ids: Int32Array): FeatureMask {
  const found = [...new Set(ids)].toSorted((a, b) => a - b);
  const places = new Map(found.map((id, place) => [id, place]));
  return { ids: ids.map((id) => places.get(id) ?? 0), count: found.length };
}

function ownFeatures(features: Tensor, { input, layout }: MethodBatch): FeatureMask[] {
  const invalid = features.data.findIndex((value) => !Number.isInteger(value));
  if (invalid >= 0) {
    throw new PellucidError('OPTION_INVALID', { option: 'features', name: 'a feature mask', expected: 'whole numbers', actual: features.data[invalid] ?? NaN });
  }
  const samples = Array.from({ length: batchSize(input) }, (_, sample) => sample);
  if (equalShapes(features.shape, input.shape)) return samples.map((sample) => numbered(Int32Array.from(sampleData(features, sample))));
  const one = features.shape.length === input.shape.length && features.shape[0] === 1 ? features.shape.slice(1) : features.shape;
  if (equalShapes(one, input.shape.slice(1))) return samples.fill(0).map(() => numbered(Int32Array.from(features.data)));
  if (isSpatial(layout)) {
    const { height, width } = imageGeometry(input.shape, layout);
    if (equalShapes(features.shape, [height, width])) {
      const mask = numbered(overChannels(features.data, input.shape, layout));
      return samples.map(() => mask);
    }
  }
  throw new PellucidError('SHAPE_MISMATCH', {
    what: 'features',
    expected: formatShape(input.shape.slice(1)),
    actual: formatShape(features.shape),
    help: 'A feature mask has the shape of one sample, of the batch, or of height and width.',
  });
}

/** The features of each sample of a batch. @throws SHAPE_MISMATCH where cells or superpixels are asked for without height and width; OPTION_INVALID. */
export function featureMasks(features: Features, batch: MethodBatch): readonly FeatureMask[] {
  const { input, layout } = batch;
  if (isTensor(features)) return ownFeatures(features, batch);
  const everySample = (mask: FeatureMask): FeatureMask[] => Array.from({ length: batchSize(input) }, () => mask);
  const chosen = features === 'auto' ? (isSpatial(layout) ? ([DEFAULT_CELLS, DEFAULT_CELLS] as const) : 'each') : features;
  if (chosen === 'each') {
    const [places, count] = [new Float32Array(sampleSize(input)), sampleSize(input)];
    let next = 0;
    // By channel, so that random choices among the features fall on the same ones in any layout.
    fillByChannel(places, input.shape, layout, () => next++);
    return everySample({ ids: Int32Array.from(places), count });
  }
  if (chosen === 'superpixels' || 'superpixels' in chosen) {
    const count = chosen === 'superpixels' ? DEFAULT_SUPERPIXELS : chosen.superpixels;
    return Array.from({ length: batchSize(input) }, (_, sample) =>
      numbered(overChannels(superpixels(sampleData(input, sample), input.shape, layout, count), input.shape, layout)));
  }
  return everySample(numbered(gridCells(input.shape, layout, chosen)));
}

/** Writes a number per feature to all of its values. */
export function spreadFeatures(values: ArrayLike<number>, { ids }: FeatureMask, target: Float32Array): void {
  for (let i = 0; i < ids.length; i++) target[i] = values[ids[i]!]!;
}
