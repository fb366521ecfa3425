import * as tf from '@tensorflow/tfjs-core';

import type { EngineName } from '../../src/index.ts';

/** An operation under test: the shape of its input, and what it computes. */
export interface GradientCase {
  readonly shape: readonly number[];
  readonly compute: (x: tf.Tensor) => tf.Tensor;
  /** The engines that can run it forward, where not all can. */
  readonly engines?: readonly EngineName[];
}

/**
 * Distinct values in an order that looks random, on a grid of the given spacing with none at zero: no value lies near the kink of a
 * rectifier, and no two tie, however far a finite difference steps.
 */
export function gridValues(shape: readonly number[], seed: number, spacing: number, shift = 0): Float32Array {
  const count = shape.reduce((a, b) => a * b, 1);
  const order = Array.from({ length: count }, (_, i) => i);
  let state = seed;
  for (let i = count - 1; i > 0; i--) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const offset = count % 2 === 0 ? 0 : 0.45 * spacing;
  return Float32Array.from(order, (place) => (place - count / 2 + 0.5) * spacing + offset + shift);
}

export const weights = (...shape: number[]): tf.Tensor => tf.tensor(gridValues(shape, 7, 0.1), shape);
export const positive = (...shape: number[]): tf.Tensor => tf.tensor(gridValues(shape, 5, 0.02, 2), shape);
export const between = (...shape: number[]): tf.Tensor => tf.add(tf.tensor(gridValues(shape, 3, 0.06), shape), 0.03);

export const on = <Rank extends tf.Tensor>(shape: readonly number[], compute: (x: Rank) => tf.Tensor): GradientCase => ({
  shape,
  compute: (x) => compute(x as Rank),
});
export const matrix = (compute: (x: tf.Tensor2D) => tf.Tensor): GradientCase => on([3, 5], compute);
export const images = (compute: (x: tf.Tensor4D) => tf.Tensor): GradientCase => on([2, 4, 5, 2], compute);
export const filter = (...shape: [number, number, number, number]): tf.Tensor4D => weights(...shape) as tf.Tensor4D;


/** Where TensorFlow's own engines refuse a form that the others run. */
export const portable = (gradientCase: GradientCase): GradientCase => ({ ...gradientCase, engines: ['wasm', 'cpu'] });
