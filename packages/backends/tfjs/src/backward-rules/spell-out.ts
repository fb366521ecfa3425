import type { BackwardRules } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

/** A kernel that is about to run. */
export interface KernelCall {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, tf.Tensor | null | undefined>>;
  readonly attributes: tf.NamedAttrMap;
}

/**
 * The arithmetic that an operation is made of, where rules speak for that but not for the operation: layer normalisation, which the engine
 * computes as a batch normalisation with the statistics of the sample, and squared differences. `null` for all others.
 * @param samples - how many the pass runs
 */
export function spellOut({ kernel, inputs, attributes }: KernelCall, { rules }: BackwardRules, samples: number, depends: (tensor: tf.Tensor) => boolean): tf.Tensor | null {
  if (rules.multiply === undefined || rules.divide === undefined) return null;
  if (kernel === 'SquaredDifference') {
    const { a, b } = inputs;
    if (!a || !b) return null;
    const difference = tf.sub(a, b);
    return tf.mul(difference, difference);
  }
  const { x, mean, variance, scale, offset } = inputs;
  if (kernel !== 'FusedBatchNorm' || rules['batch-norm'] !== undefined || !x || !mean || !variance) return null;
  if (!depends(mean) && !depends(variance)) return null;
  // The engine puts axes of length 1 in front of fewer than four, where rules that run samples in pairs would look for these.
  const inFront = samples === 1 ? 0 : x.shape.findIndex((length) => length !== 1);
  const own = (value: tf.Tensor): tf.Tensor => (inFront > 0 && value.rank === x.rank ? tf.reshape(value, value.shape.slice(inFront)) : value);
  const root = tf.rsqrt(tf.add(own(variance), attributes['varianceEpsilon'] as number));
  const normalised = tf.mul(tf.sub(own(x), own(mean)), scale ? tf.mul(root, own(scale)) : root);
  const result = offset ? tf.add(normalised, own(offset)) : normalised;
  return inFront > 0 ? tf.reshape(result, x.shape) : result;
}
