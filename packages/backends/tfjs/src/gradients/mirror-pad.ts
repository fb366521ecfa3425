import * as tf from '@tensorflow/tfjs-core';

import { contractAxis } from '../kernels/contract-axis.ts';

/**
 * Mirrored padding: what was mirrored flows back to where it came from. Along each axis it is linear, so the matrix is what the forward
 * pass makes of unit vectors. The gradient that ships drops the mirrored part.
 */
export const mirrorPadGradient: tf.GradConfig = {
  kernelName: 'MirrorPad',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    const { paddings, mode } = attrs as unknown as tf.MirrorPadAttrs;
    return {
      x: () =>
        paddings.reduce((gradient, [before, after], axis) => {
          if (before === 0 && after === 0) return gradient;
          const matrix = tf.mirrorPad(tf.eye(x.shape[axis]!), [[before, after], [0, 0]], mode);
          return contractAxis(gradient, axis, matrix);
        }, dy as tf.Tensor),
    };
  },
};
