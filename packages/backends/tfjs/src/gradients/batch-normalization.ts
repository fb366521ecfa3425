import * as tf from '@tensorflow/tfjs-core';

/**
 * Batch normalisation with fixed statistics, y = (x - mean) / sqrt(variance + epsilon) * scale + offset, with respect to x:
 * dx = dy * scale / sqrt(variance + epsilon). The one that ships copies the statistics to the size of x first.
 */
export const batchNormalizationGradient: tf.GradConfig = {
  kernelName: 'FusedBatchNorm',
  inputsToSave: ['variance', 'scale'],
  gradFunc: (dy, saved, attrs) => {
    const [variance, scale] = saved;
    const { varianceEpsilon } = attrs as unknown as tf.FusedBatchNormAttrs;
    return {
      x: () => {
        const inverse = tf.rsqrt(tf.add(variance!, varianceEpsilon));
        return tf.mul(dy as tf.Tensor, tf.mul(inverse, scale!));
      },
    };
  },
};
