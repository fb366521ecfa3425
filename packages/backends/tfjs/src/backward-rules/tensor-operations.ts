import type { TensorOperations } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

/** The operations that backward rules use, on live tensors. */
export const TENSOR_OPERATIONS: TensorOperations<tf.Tensor> = {
  constant: (value) => tf.scalar(value),
  add: (a, b) => tf.add(a, b),
  subtract: (a, b) => tf.sub(a, b),
  multiply: (a, b) => tf.mul(a, b),
  divide: (a, b) => tf.div(a, b),
  negate: (a) => tf.neg(a),
  absolute: (a) => tf.abs(a),
  sign: (a) => tf.sign(a),
  minimum: (a, b) => tf.minimum(a, b),
  maximum: (a, b) => tf.maximum(a, b),
  greater: (a, b) => tf.greater(a, b),
  where: (condition, ifTrue, ifFalse) => tf.where(condition, ifTrue, ifFalse),
  halves: (a) => {
    const parts = tf.split(a, 2, 0);
    return [parts[0]!, parts[1]!];
  },
  join: (a, b) => tf.concat([a, b], 0),
  meanPerSample: (a) => (a.rank < 2 ? a : tf.mean(a, a.shape.slice(1).map((_, i) => i + 1), true)),
};
