import * as tf from '@tensorflow/tfjs-core';

import { contractAxis } from './contract-axis.ts';

/** Where values along an axis go: a stride apart, from `start` on, which may lie outside, into `length` places. */
export interface Placement {
  readonly start: number;
  readonly stride: number;
  readonly length: number;
}

/** Puts the values along one axis into zeros; what falls outside is dropped. */
export function placeAlong(values: tf.Tensor, axis: number, { start, stride, length }: Placement): tf.Tensor {
  const count = values.shape[axis]!;
  const after = length - count - start;
  if (stride === 1 && start === 0 && after === 0) return values;
  if (stride === 1 && start >= 0 && after >= 0) {
    return tf.pad(values, values.shape.map((_, i): [number, number] => (i === axis ? [start, after] : [0, 0])));
  }
  const places = Float32Array.from({ length: count * length }, (_, i) => (i % length === start + Math.floor(i / length) * stride ? 1 : 0));
  return contractAxis(values, axis, tf.tensor2d(places, [count, length]));
}
