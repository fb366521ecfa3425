import * as tf from '@tensorflow/tfjs-core';

/**
 * Kernel `BatchMatMul` for stacks of matrices that are repeated along axes of their own. The ones that ship count through both stacks side by side,
 * which is right only where they are alike or one of them is a single matrix.
 */
export const repeatedStacks = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine has matrix products');
  const [a, b] = [call.inputs['a'] as tf.Tensor, call.inputs['b'] as tf.Tensor];
  const [stackA, stackB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const isOne = (stack: number[]): boolean => tf.util.sizeFromShape(stack) === 1;
  if (isOne(stackA) || isOne(stackB) || tf.util.arraysEqual(stackA, stackB)) return shipped(call);
  const { transposeA, transposeB } = call.attrs as unknown as tf.BatchMatMulAttrs;
  const stack = tf.broadcast_util.assertAndGetBroadcastShape(stackA, stackB);
  const repeated = (operand: tf.Tensor): tf.Tensor => tf.broadcastTo(operand, [...stack, ...operand.shape.slice(-2)]);
  return tf.tidy(() => tf.matMul(repeated(a), repeated(b), transposeA, transposeB));
};
