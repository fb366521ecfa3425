import * as tf from '@tensorflow/tfjs-core';

import { sumTo } from './sum-to.ts';

/**
 * y = a / b; da = dy / b, db = -dy a / b^2. Where no gradient comes in, none goes out even if b is zero: `divNoNan` chooses between the
 * quotient and zero. The one that ships makes that not a number.
 */
export const quotientGradient: tf.GradConfig = {
  kernelName: 'RealDiv',
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved) => {
    const gradient = dy as tf.Tensor;
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const wherePassed = (slope: tf.Tensor): tf.Tensor => tf.where(tf.equal(gradient, 0), tf.zerosLike(gradient), slope);
    return {
      a: () => sumTo(wherePassed(tf.div(gradient, b)), a.shape),
      b: () => sumTo(wherePassed(tf.neg(tf.div(tf.div(tf.mul(gradient, a), b), b))), b.shape),
    };
  },
};
