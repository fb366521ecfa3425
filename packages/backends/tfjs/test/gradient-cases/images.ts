import * as tf from '@tensorflow/tfjs-core';

import { images, matrix, on, portable, positive, weights, type GradientCase } from './gradient-case.ts';

const volumes = (compute: (x: tf.Tensor5D) => tf.Tensor): GradientCase => on([1, 4, 4, 3, 2], compute);

/** Not far enough apart to make two sums tie. */
const small = (...shape: [number, number, number]): tf.Tensor3D => tf.mul(weights(...shape), 0.05);
const dilated = (compute: (x: tf.Tensor4D) => tf.Tensor): GradientCase => ({ ...images(compute), engines: ['cpu', 'node', 'node-gpu'] });

/** Pooling, resizing and normalisation. */
export const IMAGES: Readonly<Record<string, GradientCase>> = {
  'average pool': images((x) => tf.avgPool(x, 2, 2, 'valid')),
  'average pool, padded': images((x) => tf.avgPool(x, 3, 2, 'same')),
  'average pool, padded, stride 1': images((x) => tf.avgPool(x, 3, 1, 'same')),
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
  'local response normalisation': images((x) => tf.localResponseNormalization(x, 2, 1, 0.5, 0.75)),
  'global max pool': images((x) => tf.max(x, [1, 2])),
  'max pool': images((x) => tf.maxPool(x, 2, 2, 'valid')),
  'max pool, overlapping, padded': images((x) => tf.maxPool(x, 3, 2, 'same')),
  'max pool of negative values': images((x) => tf.maxPool(tf.sub(x, 9), 3, 1, 'same')),
  'global average pool': images((x) => tf.mean(x, [1, 2])),
  'bilinear resize': images((x) => tf.image.resizeBilinear(x, [7, 8])),
  'bilinear resize, aligned corners': images((x) => tf.image.resizeBilinear(x, [7, 8], true)),
  'bilinear resize, half-pixel centres': images((x) => tf.image.resizeBilinear(x, [8, 10], false, true)),
  'bilinear resize to less': images((x) => tf.image.resizeBilinear(x, [3, 3], false, true)),
  'nearest resize': images((x) => tf.image.resizeNearestNeighbor(x, [8, 10])),
  'nearest resize, uneven': images((x) => tf.image.resizeNearestNeighbor(x, [7, 9])),
  'nearest resize, half-pixel centres': images((x) => tf.image.resizeNearestNeighbor(x, [7, 9], false, true)),
  'average pool, padded by numbers': portable(images((x) => tf.avgPool(x, 3, 2, 1))),
  'average pool, uneven': images((x) => tf.avgPool(x, [2, 3], [1, 2], 'same')),
  'max pool, padded by numbers': portable(images((x) => tf.maxPool(x, 3, 2, 1))),
  'max pool, uneven': images((x) => tf.maxPool(x, [2, 3], [1, 2], 'same')),
  'max pool with gaps': images((x) => tf.maxPool(x, 2, 3, 'valid')),
  'average pool in three dimensions': volumes((x) => tf.avgPool3d(x, 2, 2, 'valid')),
  'average pool in three dimensions, padded': volumes((x) => tf.avgPool3d(x, [2, 3, 2], [1, 2, 1], 'same')),
  'max pool in three dimensions': volumes((x) => tf.maxPool3d(x, 2, 2, 'valid')),
  'max pool in three dimensions, overlapping, padded': volumes((x) => tf.maxPool3d(x, 3, 2, 'same')),
  'max pool in three dimensions of negative values': volumes((x) => tf.maxPool3d(tf.sub(x, 9), 2, 1, 'same')),
  'morphological dilation': dilated((x) => tf.dilation2d(x, small(2, 2, 2), 1, 'same')),
  'morphological dilation, stride 2': dilated((x) => tf.dilation2d(x, small(2, 2, 2), 2, 'valid')),
  'crops, resized': on<tf.Tensor4D>([2, 4, 5, 2], (x) =>
    tf.image.cropAndResize(x, tf.tensor2d([[0.1, 0.05, 0.9, 0.7], [0, 0, 1, 1], [0.8, 0.9, 0.2, 0.1]]), tf.tensor1d([1, 0, 1], 'int32'), [3, 4]),
  ),
  'crops that reach outside': images((x) =>
    tf.image.cropAndResize(x, tf.tensor2d([[-0.4, -0.3, 1.3, 1.2]]), tf.tensor1d([0], 'int32'), [5, 6], 'bilinear', 0.7),
  ),
  'crops of one row, nearest': {
    ...images((x) => tf.image.cropAndResize(x, tf.tensor2d([[0.1, 0.2, 0.8, 0.7], [0.3, 0.3, 0.9, 0.9]]), tf.tensor1d([1, 0], 'int32'), [1, 3], 'nearest')),
    engines: ['cpu', 'node', 'node-gpu'],
  },
  'nearest resize, aligned corners': images((x) => tf.image.resizeNearestNeighbor(x, [7, 8], true)),
  'nearest resize to less': images((x) => tf.image.resizeNearestNeighbor(x, [2, 3])),
  'bilinear resize to one pixel': images((x) => tf.image.resizeBilinear(x, [1, 1], false, true)),
  'batch normalisation of volumes': volumes((x) =>
    tf.batchNorm(tf.reshape(x, [4, 4, 3, 2]), weights(2) as tf.Tensor1D, positive(2) as tf.Tensor1D, weights(2) as tf.Tensor1D, positive(2) as tf.Tensor1D, 1e-3),
  ),
  'instance normalisation': images((x) => {
    const { mean, variance } = tf.moments(x, [1, 2], true);
    return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-3)));
  }),
};
