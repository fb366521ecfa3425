import * as tf from '@tensorflow/tfjs-core';

import { matrix, on, weights, type GradientCase } from './gradient-case.ts';

/** Matrix products and sums of products. */
export const MATRIX_PRODUCTS: Readonly<Record<string, GradientCase>> = {
  'matrix product': matrix((x) => tf.matMul(x, weights(5, 4))),
  'matrix product, second transposed': matrix((x) => tf.matMul(x, weights(4, 5), false, true)),
  'matrix product, first transposed': matrix((x) => tf.matMul(x, weights(3, 4), true)),
  'matrix product in batches': on([2, 3, 4], (x) => tf.matMul(x, weights(2, 4, 3))),
  'matrix product, x second': on([2, 3, 4], (x) => tf.matMul(weights(2, 2, 3), x)),
  'matrix product with itself': on([2, 3, 4], (x) => tf.matMul(x, x, false, true)),
  'matrix product that broadcasts': on([2, 3, 4], (x) => tf.matMul(x, weights(4, 3))),
  'matrix product, fused': matrix((x) => tf.fused.matMul({ a: x, b: weights(5, 4), bias: weights(4) })),
  'matrix product, fused, second transposed': matrix((x) => tf.fused.matMul({ a: x, b: weights(4, 5), transposeB: true })),
  'matrix product, fused, first transposed': matrix((x) => tf.fused.matMul({ a: x, b: weights(3, 4), transposeA: true })),
  'matrix product, fused, x second': matrix((x) => tf.fused.matMul({ a: weights(4, 3), b: x, bias: weights(5) })),
  'matrix product, fused, x second and transposed': matrix((x) => tf.fused.matMul({ a: weights(4, 5), b: x, transposeB: true })),
  'matrix product, fused, both transposed': matrix((x) => tf.fused.matMul({ a: x, b: weights(4, 3), transposeA: true, transposeB: true })),
  'matrix product of rank 4': on([2, 2, 3, 4], (x) => tf.matMul(x, weights(2, 2, 4, 3))),
  'matrix product of rank 4 that broadcasts x': on([1, 2, 3, 4], (x) => tf.matMul(x, weights(2, 2, 5, 4), false, true)),
  'matrix product, fused, rank 3': on<tf.Tensor3D>([2, 3, 4], (x) => tf.fused.matMul({ a: x, b: weights(1, 4, 3) as tf.Tensor3D, bias: weights(3) })),
  'vector times matrix': on<tf.Tensor1D>([5], (x) => tf.dot(x, weights(5, 4) as tf.Tensor2D)),
  'sum of products: dense layer': on([2, 3, 4], (x) => tf.einsum('abc,cd->abd', x, weights(4, 5))),
  'sum of products: heads': on([2, 3, 4], (x) => tf.einsum('abc,cde->abde', x, weights(4, 2, 3))),
  'sum of products: attention': on([2, 3, 2, 4], (x) => tf.einsum('aecd,abcd->acbe', x, weights(2, 5, 2, 4))),
  'sum of products: attention with itself': on([2, 3, 2, 4], (x) => tf.einsum('aecd,abcd->acbe', x, tf.mul(x, 2))),
  'sum of products: values': on([2, 2, 3, 5], (x) => tf.einsum('acbe,aecd->abcd', x, weights(2, 5, 2, 4))),
  'sum of products: x second': on([2, 5, 2, 4], (x) => tf.einsum('acbe,aecd->abcd', weights(2, 2, 3, 5), x)),
  'sum of products: two axes summed': on([2, 3, 2, 4], (x) => tf.einsum('abcd,cde->abe', x, weights(2, 4, 3))),
  'sum of products: outer': on([3], (x) => tf.einsum('a,b->ab', x, weights(4))),
  'sum of products: an axis of x alone': on([2, 3, 4], (x) => tf.einsum('abc,bd->ad', x, weights(3, 5))),
  'sum of products: one operand': on([2, 3, 4], (x) => tf.einsum('abc->cb', x)),
};
