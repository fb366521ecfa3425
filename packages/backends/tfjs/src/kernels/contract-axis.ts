import * as tf from '@tensorflow/tfjs-core';

/**
 * Multiplies one axis of a tensor by the transpose of a matrix [out, in]: what the gradient of an operation that is linear along this
 * axis does. The axis has length `out` before and `in` after.
 */
export function contractAxis(dy: tf.Tensor, axis: number, matrix: tf.Tensor): tf.Tensor {
  const before = dy.shape.slice(0, axis);
  const after = dy.shape.slice(axis + 1);
  const [outer, inner] = [tf.util.sizeFromShape(before), tf.util.sizeFromShape(after)];
  const [out, into] = matrix.shape as [number, number];
  const result =
    outer === 1
      ? tf.matMul(tf.transpose(matrix), tf.reshape(dy, [out, inner]))
      : tf.matMul(tf.tile(tf.reshape(tf.transpose(matrix), [1, into, out]), [outer, 1, 1]), tf.reshape(dy, [outer, out, inner]));
  return tf.reshape(result, [...before, into, ...after]);
}
