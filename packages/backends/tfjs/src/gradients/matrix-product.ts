import * as tf from '@tensorflow/tfjs-core';

import { attributesOf } from '../kernels/fused-attributes.ts';
import { sumTo } from './sum-to.ts';

interface Gradients {
  readonly a: () => tf.Tensor;
  readonly b: () => tf.Tensor;
}

/** y = a b with either operand transposed, summed over the batches along which an operand was repeated. */
function productGradients(dy: tf.Tensor, [a, b]: readonly tf.Tensor[], transposeA: boolean, transposeB: boolean): Gradients {
  if (a === undefined || b === undefined) throw new Error('internal: a product has two operands');
  return {
    a: () => sumTo(transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB), a.shape),
    b: () => sumTo(transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false), b.shape),
  };
}

/** A matrix product. The gradient that ships does not sum over repeated batches. */
export const matrixProductGradient: tf.GradConfig = {
  kernelName: 'BatchMatMul',
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved, attrs) => {
    const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
    return { ...productGradients(dy as tf.Tensor, saved, transposeA, transposeB) };
  },
};

/**
 * A fused matrix product without activation. The gradient that ships computes that of the weights whether anybody asks or not. Inputs are
 * numbered: 0 is a, 1 is b, 2 what is added.
 */
export const fusedMatrixProductGradient: tf.GradConfig = {
  kernelName: 'fusedMatMul__op',
  gradFunc: (dy, saved) => {
    const { transposeA, transposeB } = attributesOf(saved[2]!) as unknown as tf._FusedMatMulAttrs;
    const { a, b } = productGradients(dy as tf.Tensor, saved, transposeA, transposeB);
    const bias = saved[3];
    return { 0: a, 1: b, ...(bias && { 2: () => sumTo(dy as tf.Tensor, bias.shape) }) };
  },
};
