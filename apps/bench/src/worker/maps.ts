import {
  batchSize, convertLayout, explain, imageGeometry, imageShape, PellucidError, randomStream, sliceBatch, zeros,
  type LabelledImages, type Layout, type Method, type ModelAdapter, type Provenance, type Tensor,
} from '@pellucid/core';
import { combineImportances, importanceOfMaps, sobelMagnitude, type LaidOutMaps, type PixelImportance } from '@pellucid/metrics';
import type { Cost } from '../store/result-row.ts';

/** Maps with their origin. */
export interface MadeMaps extends LaidOutMaps {
  readonly cost: Cost;
  /** Null for controls, which no model made. */
  readonly provenance: Provenance | null;
}

/** Images in the layout of a model. */
export function inputFor(model: ModelAdapter, { images, layout }: LabelledImages): Tensor {
  return convertLayout(images, layout, model.input.layout);
}

const costOf = ({ passes, wallTimeMs }: Provenance): Cost => ({
  forwardPasses: passes.forward,
  backwardPasses: passes.backward,
  seconds: wallTimeMs / 1000,
});

/** Maps of a method for samples, one each. */
export async function methodMaps(model: ModelAdapter, method: Method, data: LabelledImages, seed: number, targets: readonly number[]): Promise<MadeMaps> {
  const { values, provenance } = await explain(model, method, { input: inputFor(model, data), targets, seed });
  return { values, layout: provenance.layout, cost: costOf(provenance), provenance };
}

function noise({ images, layout }: LabelledImages, seed: number): Tensor {
  const { height, width } = imageGeometry(images.shape, layout);
  const maps = zeros(imageShape(layout, batchSize(images), 1, height, width));
  const { uniform } = randomStream(seed, 'bench', 'control-random');
  for (let i = 0; i < maps.data.length; i++) maps.data[i] = uniform();
  return maps;
}

/** Maps that know nothing of the model: `random` is uniform noise, `edges` the strength of edges in the image. */
export function controlMaps(name: string, data: LabelledImages, seed: number): MadeMaps {
  const started = performance.now();
  const values = name === 'random' ? noise(data, seed) : sobelMagnitude(data.images, data.layout);
  const seconds = (performance.now() - started) / 1000;
  return { values, layout: data.layout, cost: { forwardPasses: 0, backwardPasses: 0, seconds }, provenance: null };
}

const CHUNK = 64;

/** Batches of a data set, in the layout of a model. */
function* batches(input: Tensor): Generator<Tensor> {
  for (let start = 0; start < batchSize(input); start += CHUNK) yield sliceBatch(input, start, Math.min(start + CHUNK, batchSize(input)));
}

/** How a method ranks pixels: by its global map, or by the mean absolute maps of the images. */
export async function rankPixels(model: ModelAdapter, method: Method, data: LabelledImages, seed: number): Promise<{ readonly importance: PixelImportance; readonly cost: Cost }> {
  const input = inputFor(model, data);
  if ('begin' in method) {
    const { values, provenance } = await explain(model, method, { batches: batches(input), seed });
    return { importance: importanceOfMaps(values, provenance.layout), cost: costOf(provenance) };
  }
  const parts: { readonly importance: PixelImportance; readonly samples: number; readonly cost: Cost }[] = [];
  for (const batch of batches(input)) {
    const { values, provenance } = await explain(model, method, { input: batch, seed });
    parts.push({ importance: importanceOfMaps(values, provenance.layout), samples: batchSize(batch), cost: costOf(provenance) });
  }
  const sum = (field: keyof Cost): number => parts.reduce((total, { cost }) => total + cost[field], 0);
  const cost = { forwardPasses: sum('forwardPasses'), backwardPasses: sum('backwardPasses'), seconds: sum('seconds') };
  return { importance: combineImportances(parts), cost };
}

/** How a control ranks pixels. */
export function rankByControl(name: string, data: LabelledImages, seed: number): { readonly importance: PixelImportance; readonly cost: Cost } {
  const { values, layout, cost } = controlMaps(name, data, seed);
  return { importance: importanceOfMaps(values, layout), cost };
}

/** Layouts that images can have. @throws SHAPE_MISMATCH for maps that a picture or a comparison cannot be made of. */
export function imageLayout(layout: Layout): 'NCHW' | 'NHWC' {
  if (layout === 'NCHW' || layout === 'NHWC') return layout;
  throw new PellucidError('SHAPE_MISMATCH', {
    what: 'maps', expected: 'a batch of images, NCHW or NHWC', actual: layout, help: 'This needs height and width.',
  });
}
