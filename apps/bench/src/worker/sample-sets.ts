import {
  argmax, batchSize, convertLayout, imageGeometry, sampleData, sliceBatch, type LabelledImages, type ModelAdapter, type Tensor,
} from '@pellucid/core';
import { makeMosaics } from '@pellucid/metrics';
import type { DataSource, SampleSet } from '../configuration/configuration.ts';
import { drawImages } from '../data/draw.ts';
import type { Resources } from './resources.ts';

/** Samples to explain, in the layout of a model. */
export interface Samples {
  readonly input: Tensor;
  readonly targets: readonly number[];
  readonly masks?: Tensor | undefined;
}

const CHUNK = 64;

/** Batches of a data set, in the layout of a model. */
export function* batches(input: Tensor): Generator<Tensor> {
  for (let start = 0; start < batchSize(input); start += CHUNK) yield sliceBatch(input, start, Math.min(start + CHUNK, batchSize(input)));
}

/** Images in the layout of a model. */
export function inputFor(model: ModelAdapter, { images, layout }: Pick<LabelledImages, 'images' | 'layout'>): Tensor {
  return convertLayout(images, layout, model.input.layout);
}

/** The class that the model predicts for each sample. */
export async function predictClasses(model: ModelAdapter, input: Tensor): Promise<number[]> {
  const targets: number[] = [];
  for (const batch of batches(input)) {
    const { logits } = await model.evaluate({ input: batch });
    for (let sample = 0; sample < batchSize(logits); sample++) targets.push(argmax(sampleData(logits, sample)));
  }
  return targets;
}

/** The samples of a set: test images with their predicted classes, or mosaics of test images with the class that two of the four have. */
export async function drawSamples(set: SampleSet, count: number, model: ModelAdapter, data: DataSource, seed: number, resources: Resources): Promise<Samples> {
  const test = await resources.images(data, 'test');
  if (set === 'mosaics') {
    const { height, width } = imageGeometry(test.images.shape, test.layout);
    const { input, targets, masks } = makeMosaics(test, { count, seed, size: [height, width] });
    return { input: inputFor(model, { images: input, layout: test.layout }), targets, masks };
  }
  const drawn = drawImages(test, count, seed, 'samples');
  const input = inputFor(model, drawn);
  return { input, targets: await predictClasses(model, input), ...(drawn.masks && { masks: drawn.masks }) };
}

/** The first of some samples. */
export function firstSamples({ input, targets, masks }: Samples, count: number): Samples {
  return {
    input: sliceBatch(input, 0, count), targets: targets.slice(0, count), ...(masks && { masks: sliceBatch(masks, 0, count) }),
  };
}
