import * as tf from '@tensorflow/tfjs-core';

import { inScope } from '../src/engine/scope.ts';
import { differentiate } from '../src/gradients/differentiate.ts';
import { findPath, tape } from '../src/gradients/tape.ts';
import { gridValues, type GradientCase } from './gradient-cases/gradient-case.ts';

/** What a comparison of a gradient with finite differences gave. */
export interface GradientCheck {
  /** Largest difference at any value, over the gradient's largest value. */
  readonly error: number;
  /** The operations that the backward pass crossed. */
  readonly kernels: ReadonlySet<string>;
  /** Tensors left behind. */
  readonly leaked: number;
}

const STEP = 0.005;

const floats = (tensor: tf.Tensor): Float32Array => tensor.dataSync() as Float32Array;

/**
 * Compares the gradient of sum(c * f(x)) with differences of fourth order at every value of x, for one fixed c. The sum is taken in
 * double precision, so that what remains is the rounding of f itself: about 1e-7 * |f| / STEP.
 */
export function checkGradient({ shape, compute }: GradientCase): GradientCheck {
  const before = tf.memory().numTensors;
  const kernels = new Set<string>();
  const error = inScope(() => {
    const values = gridValues(shape, 1, 0.06);
    const x = tf.tensor(values, [...shape]);
    const outputShape = compute(x).shape;
    const cotangent = gridValues(outputShape, 11, 0.1);
    const objective = (at: Float32Array): number =>
      inScope(() => floats(compute(tf.tensor(at, [...shape]))).reduce((sum, value, i) => sum + value * cotangent[i]!, 0));
    const { gradients } = differentiate(() => {
      const scalar = tf.sum(tf.mul(compute(x), tf.tensor(cotangent, outputShape)));
      for (const index of findPath(tape(), [x], scalar).indices) kernels.add(tape()[index]!.kernelName);
      return { objective: scalar as tf.Scalar, points: [{ name: 'x', tensor: x }], locate: () => 'case' };
    });
    const gradient = floats(gradients[0]!);
    const scale = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const shifted = (index: number, by: number): number => {
      const at = values.slice();
      at[index]! += by;
      return objective(at);
    };
    let worst = 0;
    for (let i = 0; i < values.length; i++) {
      const near = shifted(i, STEP) - shifted(i, -STEP);
      const far = shifted(i, 2 * STEP) - shifted(i, -2 * STEP);
      worst = Math.max(worst, Math.abs((8 * near - far) / (12 * STEP) - gradient[i]!) / scale);
    }
    return worst;
  });
  return { error, kernels, leaked: tf.memory().numTensors - before };
}
