import * as tf from '@tensorflow/tfjs-core';

/**
 * Batch normalisation with fixed statistics, y = (x - mean) / sqrt(variance + epsilon) * scale + offset, with respect to x:
 * dx = dy * scale / sqrt(variance + epsilon). The one that ships reads a scale that is not there.
 */
export const batchNormalizationGradient: tf.GradConfig = {
  kernelName: 'FusedBatchNorm',
  inputsToSave: ['x', 'mean', 'variance', 'scale'],
  gradFunc: (dy, saved, attrs) => {
    const [, , variance, scale] = saved;
    const { varianceEpsilon } = attrs as unknown as tf.FusedBatchNormAttrs;
    return {
      x: () => {
        const inverse = tf.rsqrt(tf.add(variance!, varianceEpsilon));
        return tf.mul(dy as tf.Tensor, scale === undefined ? inverse : tf.mul(inverse, scale));
      },
    };
  },
};
