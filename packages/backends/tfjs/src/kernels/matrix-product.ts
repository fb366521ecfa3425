import * as tf from '@tensorflow/tfjs-core';

/** Products of fewer multiplications are done before others would be arranged. */
const FEW = 2 ** 17;

type Product = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** One product of matrices of which either may be transposed, by a kernel that is fast where none is. */
function single(multiply: Product, a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  const left = transposeA ? tf.transpose(a) : a;
  if (!transposeB) return multiply(left, b);
  // a b' = (b a')': what is smaller is turned round, in place of a layer's weights.
  const turned = left.size + left.shape[0]! * b.shape[0]!;
  return b.size <= turned ? multiply(left, tf.transpose(b)) : tf.transpose(multiply(b, transposeA ? a : tf.transpose(a)));
}

const matrixOf = (matrices: tf.Tensor3D, i: number): tf.Tensor =>
  tf.reshape(matrices.shape[0] === 1 ? matrices : tf.slice(matrices, [i, 0, 0], [1, -1, -1]), matrices.shape.slice(1));

const stackOf = (matrices: tf.Tensor): tf.Tensor3D => tf.reshape(matrices, [-1, ...(matrices.shape.slice(-2) as [number, number])]);

/**
 * Kernel `BatchMatMul` for WebAssembly. The one that ships is fast for one product of two matrices as they are, and up to ten times slower for a
 * transposed one or several: large ones are done one by one.
 */
export const matrixProduct = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine has matrix products');
  const { transposeA, transposeB } = call.attrs as unknown as tf.BatchMatMulAttrs;
  const [a, b] = [call.inputs['a'] as tf.Tensor, call.inputs['b'] as tf.Tensor];
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const count = tf.util.sizeFromShape(outer);
  const plain: Product = (left, right) => {
    const pair = { a: tf.expandDims(left), b: tf.expandDims(right) };
    const product = shipped({ inputs: pair, attrs: { transposeA: false, transposeB: false }, backend: call.backend }) as tf.TensorInfo;
    return tf.squeeze(tf.engine().makeTensorFromTensorInfo(product), [0]);
  };
  const [rows, inner] = (transposeA ? [-1, -2] : [-2, -1]).map((axis) => a.shape.at(axis)) as [number, number];
  const columns = b.shape.at(transposeB ? -2 : -1) ?? 1;
  const alike = [a, b].every(({ shape }) => [1, count].includes(tf.util.sizeFromShape(shape.slice(0, -2))));
  if (!alike || rows * inner * columns < FEW || (count === 1 && !transposeA && !transposeB)) return shipped(call);
  return tf.tidy(() => {
    const [stackA, stackB] = [stackOf(a), stackOf(b)];
    const products = Array.from({ length: count }, (_, i) => single(plain, matrixOf(stackA, i), matrixOf(stackB, i), transposeA, transposeB));
    return tf.reshape(tf.stack(products), [...outer, rows, columns]);
  });
};
