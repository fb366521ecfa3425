import * as tf from '@tensorflow/tfjs-core';

import { sumTo } from './sum-to.ts';

/**
 * The higher or lower of two: the gradient goes to the one that was taken, the first of equals, as TensorFlow does it, summed over what
 * was broadcast, which the one that ships leaves out.
 */
export const pairwiseExtremumGradient = (kernelName: 'Maximum' | 'Minimum') => (): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved) => {
    const gradient = dy as tf.Tensor;
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const firstTaken = (): tf.Tensor => tf.cast(kernelName === 'Maximum' ? tf.greaterEqual(a, b) : tf.lessEqual(a, b), 'float32');
    return {
      a: () => sumTo(tf.mul(gradient, firstTaken()), a.shape),
      b: () => sumTo(tf.mul(gradient, tf.sub(1, firstTaken())), b.shape),
    };
  },
});
