import * as tf from '@tensorflow/tfjs-core';

/** An operation under test: the shape of its input, and what it computes. */
export interface GradientCase {
  readonly shape: readonly number[];
  readonly compute: (x: tf.Tensor) => tf.Tensor;
}

/**
 * Distinct values in an order that looks random, on a grid of the given spacing with none at zero: no value lies near the kink of a
 * rectifier, and no two tie, however far a finite difference steps.
 */
export function gridValues(shape: readonly number[], seed: number, spacing: number, shift = 0): Float32Array {
  const count = shape.reduce((a, b) => a * b, 1);
  const order = Array.from({ length: count }, (_, i) => i);
  let state = seed;
  for (let i = count - 1; i > 0; i--) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const offset = count % 2 === 0 ? 0 : 0.45 * spacing;
  return Float32Array.from(order, (place) => (place - count / 2 + 0.5) * spacing + offset + shift);
}

const weights = (...shape: number[]): tf.Tensor => tf.tensor(gridValues(shape, 7, 0.1), shape);
const positive = (...shape: number[]): tf.Tensor => tf.tensor(gridValues(shape, 5, 0.02, 2), shape);
const between = (...shape: number[]): tf.Tensor => tf.add(tf.tensor(gridValues(shape, 3, 0.06), shape), 0.03);

const on = <Rank extends tf.Tensor>(shape: readonly number[], compute: (x: Rank) => tf.Tensor): GradientCase => ({
  shape,
  compute: (x) => compute(x as Rank),
});
const matrix = (compute: (x: tf.Tensor2D) => tf.Tensor): GradientCase => on([3, 5], compute);
const images = (compute: (x: tf.Tensor4D) => tf.Tensor): GradientCase => on([2, 4, 5, 2], compute);
const filter = (...shape: [number, number, number, number]): tf.Tensor4D => weights(...shape) as tf.Tensor4D;

/** Every operation whose gradient may be used, in the forms that networks use it in. */
export const GRADIENT_CASES: Readonly<Record<string, GradientCase>> = {
  'absolute value': matrix((x) => tf.abs(x)),
  'sum of two': matrix((x) => tf.add(x, weights(5))),
  'sum that broadcasts x': on([1, 5], (x) => tf.add(x, weights(3, 5))),
  'sum of several': matrix((x) => tf.addN([x, x, weights(3, 5)])),
  arctangent: matrix((x) => tf.atan(x)),
  'average pool': images((x) => tf.avgPool(x, 2, 2, 'valid')),
  'average pool, padded': images((x) => tf.avgPool(x, 3, 2, 'same')),
  'average pool, padded, stride 1': images((x) => tf.avgPool(x, 3, 1, 'same')),
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
  'batch to space': on<tf.Tensor4D>([4, 2, 3, 2], (x) => tf.batchToSpaceND(x, [2, 2], [[0, 1], [0, 0]])),
  cast: matrix((x) => tf.cast(x, 'float32')),
  clip: matrix((x) => tf.clipByValue(x, -0.24, 0.3)),
  concatenation: on([2, 3, 2], (x) => tf.concat([x, weights(2, 3, 1), tf.mul(x, 2)], 2)),
  convolution: images((x) => tf.conv2d(x, filter(3, 3, 2, 3), 1, 'same')),
  'convolution, stride 2': images((x) => tf.conv2d(x, filter(3, 3, 2, 3), 2, 'same')),
  'convolution, unpadded, strides 2 and 1': images((x) => tf.conv2d(x, filter(2, 3, 2, 3), [2, 1], 'valid')),
  'convolution, 1x1, stride 2': images((x) => tf.conv2d(x, filter(1, 1, 2, 3), 2, 'same')),
  'convolution, dilated': on<tf.Tensor4D>([2, 6, 7, 2], (x) => tf.conv2d(x, filter(3, 3, 2, 3), 1, 'same', 'NHWC', 2)),
  'convolution, fused': images((x) => tf.fused.conv2d({ x, filter: filter(3, 3, 2, 3), strides: 1, pad: 'same', bias: weights(3) })),
  'convolution, fused, stride 2, no bias': images((x) => tf.fused.conv2d({ x, filter: filter(3, 3, 2, 3), strides: 2, pad: 'same' })),
  'convolution, fused with rectifier': images((x) =>
    tf.fused.conv2d({ x, filter: filter(1, 1, 2, 2), strides: 1, pad: 'same', bias: tf.tensor1d([0.013, -0.017]), activation: 'relu' }),
  ),
  'convolution, fused, dilated': on<tf.Tensor4D>([2, 6, 6, 2], (x) =>
    tf.fused.conv2d({ x, filter: filter(3, 3, 2, 3), strides: 1, pad: 'same', dilations: 2, bias: weights(3) }),
  ),
  'convolution, transposed': on<tf.Tensor4D>([2, 3, 3, 2], (x) => tf.conv2dTranspose(x, filter(3, 3, 4, 2), [2, 6, 6, 4], 2, 'same')),
  'convolution in one dimension': on<tf.Tensor3D>([2, 7, 2], (x) => tf.conv1d(x, weights(3, 2, 3) as tf.Tensor3D, 1, 'same')),
  cosine: matrix((x) => tf.cos(x)),
  'cumulative sum': matrix((x) => tf.cumsum(x, 1)),
  'depth to space': on<tf.Tensor4D>([1, 2, 2, 8], (x) => tf.depthToSpace(x, 2)),
  'depthwise convolution': images((x) => tf.depthwiseConv2d(x, filter(3, 3, 2, 2), 1, 'same')),
  'depthwise convolution, stride 2': images((x) => tf.depthwiseConv2d(x, filter(3, 3, 2, 1), 2, 'same')),
  'depthwise convolution, dilated': on<tf.Tensor4D>([2, 6, 6, 2], (x) => tf.depthwiseConv2d(x, filter(3, 3, 2, 1), 1, 'same', 'NHWC', 2)),
  'depthwise convolution, fused': images((x) =>
    tf.fused.depthwiseConv2d({ x, filter: filter(3, 3, 2, 1), strides: 1, pad: 'same', bias: weights(2) }),
  ),
  'depthwise convolution, fused, dilated': on<tf.Tensor4D>([2, 6, 6, 2], (x) =>
    tf.fused.depthwiseConv2d({ x, filter: filter(3, 3, 2, 1), strides: 1, pad: 'same', dilations: 2, bias: weights(2) }),
  ),
  quotient: matrix((x) => tf.div(x, positive(5))),
  'quotient by x': matrix((x) => tf.div(weights(5), tf.add(x, 2))),
  ELU: matrix((x) => tf.elu(x)),
  'error function': matrix((x) => tf.erf(x)),
  exponential: matrix((x) => tf.exp(x)),
  'exponential less one': matrix((x) => tf.expm1(x)),
  'expanded axes': matrix((x) => tf.expandDims(x, 1)),
  'batch normalisation': images((x) =>
    tf.batchNorm(x, weights(2) as tf.Tensor1D, positive(2) as tf.Tensor1D, weights(2) as tf.Tensor1D, positive(2) as tf.Tensor1D, 1e-3),
  ),
  'batch normalisation without scale': images((x) =>
    tf.batchNorm(x, weights(2) as tf.Tensor1D, positive(2) as tf.Tensor1D, weights(2) as tf.Tensor1D, undefined, 1e-3),
  ),
  'batch normalisation of vectors': matrix((x) =>
    tf.batchNorm2d(x, weights(5) as tf.Tensor1D, positive(5) as tf.Tensor1D, weights(5) as tf.Tensor1D, positive(5) as tf.Tensor1D, 1e-3),
  ),
  'layer normalisation': matrix((x) => {
    const { mean, variance } = tf.moments(x, 1, true);
    const [means, variances] = [tf.tile(mean, [1, 5]) as tf.Tensor2D, tf.tile(variance, [1, 5]) as tf.Tensor2D];
    return tf.batchNorm2d(x, means, variances, weights(3, 5) as tf.Tensor2D, positive(3, 5) as tf.Tensor2D, 1e-3);
  }),
  'gathered rows': matrix((x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32'), 0)),
  'gathered columns': matrix((x) => tf.gather(x, tf.tensor2d([[4, 1], [1, 0]], [2, 2], 'int32'), 1)),
  identity: matrix((x) => tf.clone(x)),
  'leaky rectifier': matrix((x) => tf.leakyRelu(x, 0.1)),
  'local response normalisation': images((x) => tf.localResponseNormalization(x, 2, 1, 0.5, 0.75)),
  logarithm: matrix((x) => tf.log(tf.add(x, 3))),
  'logarithm of one more': matrix((x) => tf.log1p(tf.add(x, 2))),
  'logarithm of softmax': matrix((x) => tf.logSoftmax(x)),
  'logarithm of summed exponentials': matrix((x) => tf.logSumExp(x, 1)),
  'highest along an axis': matrix((x) => tf.max(x, 1)),
  'global max pool': images((x) => tf.max(x, [1, 2])),
  'lowest along an axis': matrix((x) => tf.min(x, 1)),
  'higher of two': matrix((x) => tf.maximum(x, between(5))),
  'lower of two': matrix((x) => tf.minimum(x, between(5))),
  'max pool': images((x) => tf.maxPool(x, 2, 2, 'valid')),
  'max pool, overlapping, padded': images((x) => tf.maxPool(x, 3, 2, 'same')),
  'max pool of negative values': images((x) => tf.maxPool(tf.sub(x, 9), 3, 1, 'same')),
  mean: matrix((x) => tf.mean(x, 1)),
  'global average pool': images((x) => tf.mean(x, [1, 2])),
  'reflected padding': images((x) => tf.mirrorPad(x, [[0, 0], [1, 1], [2, 1], [0, 0]], 'reflect')),
  'symmetric padding': matrix((x) => tf.mirrorPad(x, [[1, 2], [0, 1]], 'symmetric')),
  product: matrix((x) => tf.mul(x, weights(5))),
  'product with itself': matrix((x) => tf.mul(x, x)),
  'product that broadcasts x': on([3, 1], (x) => tf.mul(x, weights(3, 5))),
  negation: matrix((x) => tf.neg(x)),
  padding: matrix((x) => tf.pad(x, [[1, 2], [0, 1]])),
  power: matrix((x) => tf.pow(tf.add(x, 2), 2.5)),
  PReLU: matrix((x) => tf.prelu(x, weights(5))),
  reciprocal: matrix((x) => tf.reciprocal(tf.add(x, 2))),
  rectifier: matrix((x) => tf.relu(x)),
  'rectifier with a ceiling': matrix((x) => tf.relu6(tf.mul(x, 13))),
  reshape: matrix((x) => tf.reshape(x, [5, 3])),
  'bilinear resize': images((x) => tf.image.resizeBilinear(x, [7, 8])),
  'bilinear resize, aligned corners': images((x) => tf.image.resizeBilinear(x, [7, 8], true)),
  'bilinear resize, half-pixel centres': images((x) => tf.image.resizeBilinear(x, [8, 10], false, true)),
  'bilinear resize to less': images((x) => tf.image.resizeBilinear(x, [3, 3], false, true)),
  'nearest resize': images((x) => tf.image.resizeNearestNeighbor(x, [8, 10])),
  'nearest resize, uneven': images((x) => tf.image.resizeNearestNeighbor(x, [7, 9])),
  'nearest resize, half-pixel centres': images((x) => tf.image.resizeNearestNeighbor(x, [7, 9], false, true)),
  reversal: matrix((x) => tf.reverse(x, 1)),
  'reciprocal square root': matrix((x) => tf.rsqrt(tf.add(x, 2))),
  choice: matrix((x) => tf.where(tf.greater(between(3, 5), 0), x, tf.zerosLike(x))),
  SELU: matrix((x) => tf.selu(x)),
  'separable convolution': images((x) => tf.separableConv2d(x, filter(3, 3, 2, 1), filter(1, 1, 2, 3), 1, 'same')),
  sigmoid: matrix((x) => tf.sigmoid(x)),
  sign: matrix((x) => tf.mul(x, tf.sign(x))),
  sine: matrix((x) => tf.sin(x)),
  slice: matrix((x) => tf.slice(x, [1, 2], [2, 2])),
  softmax: matrix((x) => tf.softmax(x)),
  'softmax over channels': on([1, 2, 3, 4], (x) => tf.softmax(x)),
  softplus: matrix((x) => tf.softplus(x)),
  'space to batch': on<tf.Tensor4D>([1, 4, 6, 2], (x) => tf.spaceToBatchND(x, [2, 2], [[0, 0], [2, 0]])),
  'one part of a split': on([4, 6], (x) => tf.split(x, 3, 1)[1]!),
  'several parts of a split': on([4, 6], (x) => {
    const parts = tf.split(x, 3, 1);
    return tf.mul(parts[0]!, parts[2]!);
  }),
  'square root': matrix((x) => tf.sqrt(tf.add(x, 2))),
  square: matrix((x) => tf.square(x)),
  'squared difference': matrix((x) => tf.squaredDifference(x, weights(3, 5))),
  'squared difference that broadcasts': on([3, 1], (x) => tf.squaredDifference(x, weights(3, 5))),
  'squared difference from the mean': matrix((x) => tf.squaredDifference(x, tf.mean(x, 1, true))),
  squeeze: on([3, 1, 5], (x) => tf.squeeze(x, [1])),
  stack: matrix((x) => tf.stack([x, tf.mul(x, 2)], 1)),
  step: matrix((x) => tf.mul(x, tf.step(x))),
  'strided slice': on([4, 5], (x) => tf.stridedSlice(x, [0, 1], [4, 5], [2, 3])),
  'strided slice, backwards': on([4, 5], (x) => tf.stridedSlice(x, [3, 4], [0, 0], [-1, -2])),
  'strided slice that drops an axis': on([4, 5], (x) => tf.stridedSlice(x, [0, 1], [4, 2], [1, 1], 0, 0, 0, 0, 2)),
  'strided slice that adds an axis': on([4, 5], (x) => tf.stridedSlice(x, [0, 0, 1], [4, 1, 4], [1, 1, 2], 0, 0, 0, 2, 0)),
  difference: matrix((x) => tf.sub(x, weights(5))),
  'difference that broadcasts x': on([1, 5], (x) => tf.sub(weights(3, 5), x)),
  sum: matrix((x) => tf.sum(x, 1)),
  'hyperbolic tangent': matrix((x) => tf.tanh(x)),
  tiling: on([2, 3], (x) => tf.tile(x, [2, 3])),
  transposition: on([2, 3, 4], (x) => tf.transpose(x, [2, 0, 1])),
  unstack: matrix((x) => tf.unstack(x, 1)[1]!),
};
