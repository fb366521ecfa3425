import * as tf from '@tensorflow/tfjs-core';

import { sumTo } from './sum-to.ts';

/** y = (a - b)^2; da = 2 (a - b) dy, db = -da, each summed over what was broadcast, which the one that ships leaves out. */
export const squaredDifferenceGradient: tf.GradConfig = {
  kernelName: 'SquaredDifference',
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved) => {
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const slope = (): tf.Tensor => tf.mul(dy as tf.Tensor, tf.mul(tf.sub(a, b), 2));
    return { a: () => sumTo(slope(), a.shape), b: () => sumTo(tf.neg(slope()), b.shape) };
  },
};
