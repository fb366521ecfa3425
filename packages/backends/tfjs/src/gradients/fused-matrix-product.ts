import * as tf from '@tensorflow/tfjs-core';

import { attributesOf } from '../kernels/fused-attributes.ts';

/**
 * A fused matrix product without activation, y = a b + bias with either operand transposed. The gradient that ships computes that of the
 * weights whether anybody asks or not. Inputs are numbered: 0 is a, 1 is b.
 */
export const fusedMatrixProductGradient: tf.GradConfig = {
  kernelName: 'fusedMatMul__op',
  gradFunc: (dy, saved) => {
    const gradient = dy as tf.Tensor;
    const [a, b, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
    const { transposeA, transposeB } = attributesOf(y) as unknown as tf._FusedMatMulAttrs;
    return {
      0: () => (transposeA ? tf.matMul(b, gradient, transposeB, true) : tf.matMul(gradient, b, false, !transposeB)),
      1: () => (transposeB ? tf.matMul(gradient, a, true, transposeA) : tf.matMul(a, gradient, !transposeA, false)),
    };
  },
};
