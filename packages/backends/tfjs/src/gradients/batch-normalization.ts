import * as tf from '@tensorflow/tfjs-core';

import { normalizationFactor } from '../kernels/batch-normalization.ts';
import { sumTo } from './sum-to.ts';

/** The engines take statistics per channel or per value; they read other shapes without broadcasting them. */
function checkStatistics(x: tf.Tensor, statistics: readonly tf.Tensor[]): void {
  if (statistics.every((value) => value.rank === 1 || value.size === x.size)) return;
  throw new Error('its statistics are neither per channel nor per value');
}

/**
 * y = (x - mean) * r * scale + offset with r = 1 / sqrt(variance + epsilon). Statistics that depend on the input make it layer
 * normalisation. The gradient that ships copies the statistics to the size of x, and computes all of them at once.
 */
export const batchNormalizationGradient: tf.GradConfig = {
  kernelName: 'FusedBatchNorm',
  inputsToSave: ['x', 'mean', 'variance', 'scale'],
  gradFunc: (gradient, saved, attrs) => {
    const dy = gradient as tf.Tensor;
    const [x, mean, variance, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const { varianceEpsilon } = attrs as unknown as tf.FusedBatchNormAttrs;
    checkStatistics(x, [mean, variance, scale]);
    const r = (): tf.Tensor => tf.rsqrt(tf.add(variance, varianceEpsilon));
    const factor = (): tf.Tensor => (variance.rank === 1 ? normalizationFactor({ variance, scale, epsilon: varianceEpsilon }) : tf.mul(r(), scale));
    const dx = (): tf.Tensor => tf.engine().runKernel('Multiply', { a: dy, b: factor() });
    const centred = (): tf.Tensor => tf.sub(x, mean);
    return {
      x: dx,
      mean: () => sumTo(tf.neg(dx()), mean.shape),
      // d r / d variance = -r^3 / 2, and dx already holds one r.
      variance: () => sumTo(tf.mul(tf.mul(dx(), centred()), tf.mul(tf.square(r()), -0.5)), variance.shape),
      scale: () => sumTo(tf.mul(tf.mul(dy, centred()), r()), scale.shape),
    };
  },
};
