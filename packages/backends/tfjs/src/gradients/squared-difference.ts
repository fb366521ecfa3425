import * as tf from '@tensorflow/tfjs-core';

/** Sums over the axes along which a value was repeated, so that it has the given shape again. */
function sumTo(value: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, value.shape);
  return tf.reshape(axes.length === 0 ? value : tf.sum(value, axes), shape);
}

/** y = (a - b)^2; da = 2 (a - b) dy, db = -da, each summed over what was broadcast, which the one that ships leaves out. */
export const squaredDifferenceGradient: tf.GradConfig = {
  kernelName: 'SquaredDifference',
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => {
    const slope = (): tf.Tensor => tf.mul(dy as tf.Tensor, tf.mul(tf.sub(a!, b!), 2));
    return { a: () => sumTo(slope(), a!.shape), b: () => sumTo(tf.neg(slope()), b!.shape) };
  },
};
