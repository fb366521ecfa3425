import { assertFinite, PellucidError, randomStream, type LabelledImages, type Layout, type Tensor } from '@pellucid/core';
import { sumChannels } from '../pixels.ts';
import { sobelMagnitude } from './sobel.ts';

/** How much every pixel of a data set matters, row-major. Only the order of the values is used. */
export interface PixelImportance {
  readonly height: number;
  readonly width: number;
  readonly values: Float64Array;
}

/**
 * The importance of pixels according to maps: the mean over samples of the absolute values, added up over channels. A single global
 * map [1, ...] stands for itself.
 * @throws SHAPE_MISMATCH without height and width; INPUT_NOT_FINITE.
 */
export function importanceOfMaps(maps: Tensor, layout: Layout): PixelImportance {
  const { height, width, maps: perSample } = sumChannels(maps, layout, true);
  assertFinite(maps, 'maps');
  const values = new Float64Array(height * width);
  for (const map of perSample) map.forEach((value, pixel) => (values[pixel]! += value / perSample.length));
  return { height, width, values };
}

/** Joins importances of several batches, each with its number of samples, into that of all samples. */
export function combineImportances(parts: readonly { readonly importance: PixelImportance; readonly samples: number }[]): PixelImportance {
  const [first] = parts;
  if (first === undefined) {
    throw new PellucidError('REQUEST_INVALID', { action: 'rank pixels', problem: 'there are no maps', help: 'Give at least one batch.' });
  }
  const total = parts.reduce((sum, { samples }) => sum + samples, 0);
  const { height, width } = first.importance;
  const values = Float64Array.from(first.importance.values, (_, pixel) =>
    parts.reduce((sum, { importance, samples }) => sum + (importance.values[pixel]! * samples) / total, 0),
  );
  return { height, width, values };
}

/** The control that knows nothing: a random order of the pixels. */
export function randomImportance(height: number, width: number, seed: number): PixelImportance {
  const order = randomStream(seed, 'pruning', 'random-ranking').permutation(height * width);
  return { height, width, values: Float64Array.from(order) };
}

/** The control that knows the data but no model: the mean strength of edges over images. */
export function edgeImportance({ images, layout }: Pick<LabelledImages, 'images' | 'layout'>): PixelImportance {
  return importanceOfMaps(sobelMagnitude(images, layout), layout);
}
