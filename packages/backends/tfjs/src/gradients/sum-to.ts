import * as tf from '@tensorflow/tfjs-core';

/** Sums over the axes along which a value was repeated, so that it has the given shape again. */
export function sumTo(value: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, value.shape);
  return tf.reshape(axes.length === 0 ? value : tf.sum(value, axes), shape);
}
