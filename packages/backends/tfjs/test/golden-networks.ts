import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from '@jest/globals';
import { decodeNpy, type Tensor } from '@pellucid/core';

/** Values that TensorFlow computed in double precision for converted Keras networks; not part of the repository. */
const FOLDER = join(import.meta.dirname, '../../../../../shared/tf-golden');

/** Whether they are there. */
export const hasGoldenNetworks: boolean = existsSync(FOLDER);

interface ModelPlace {
  readonly path: string;
  readonly layer: string;
}

interface Description {
  readonly layers_model?: ModelPlace;
  readonly graph_model: ModelPlace;
  /** How far TensorFlow's own float32 values are from those in double precision, over the largest value. */
  readonly figures: Readonly<
    Record<'grad_input_f32_relative_error' | 'ig_trapezoid_f32_relative_error' | 'ig_gausslegendre_f32_relative_error', number>
  >;
}

/** A format of a model of TensorFlow.js. */
export type Format = 'layers' | 'graph';

/** Every network, in the formats that can hold it. */
export const GOLDEN_NETWORKS: readonly (readonly [network: string, format: Format])[] = [
  ...['activations', 'conv1d', 'conv3d', 'densenet', 'fashion_cnn', 'inception', 'mobilenet_v2', 'mobilenet_v3', 'nested', 'resnet', 'vgg'].flatMap(
    (network) => [[network, 'layers'] as const, [network, 'graph'] as const],
  ),
  ['upsample', 'graph'],
  ['vit', 'graph'],
];

/** One of the stored arrays of a network. */
export function readGolden(network: string, file: string): Tensor {
  return decodeNpy(readFileSync(join(FOLDER, network, file)), file);
}

/** A network in one format: where its model is, the late layer whose gradients are stored, and how close one can come. */
export interface GoldenNetwork {
  readonly path: string;
  readonly layer: string;
  readonly figures: Description['figures'];
}

/** Reads the description of a network. */
export function describeGolden(network: string, format: Format): GoldenNetwork {
  const description = JSON.parse(readFileSync(join(FOLDER, network, 'net.json'), 'utf8')) as Description;
  const place = format === 'layers' ? description.layers_model : description.graph_model;
  if (place === undefined) throw new Error(`${network} has no ${format} model`);
  return { path: join(FOLDER, network, place.path), layer: place.layer.split(' of ')[0]!, figures: description.figures };
}

/** Five times what separates float32 from double precision in TensorFlow itself, or 1e-5. */
export function tolerance(error: number): number {
  return Math.max(1e-5, 5 * error);
}

/** The largest difference between two arrays of one shape, over the largest expected value. */
export function largestDifference(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  let difference = 0;
  let scale = 0;
  expected.data.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(actual.data[i]! - value));
    scale = Math.max(scale, Math.abs(value));
  });
  return difference / scale;
}
