import * as tf from '@tensorflow/tfjs-core';

import { images, matrix, on, weights, type GradientCase } from './gradient-case.ts';

/** Operations that move values. */
export const ARRANGEMENT: Readonly<Record<string, GradientCase>> = {
  'batch to space': on<tf.Tensor4D>([4, 2, 3, 2], (x) => tf.batchToSpaceND(x, [2, 2], [[0, 1], [0, 0]])),
  concatenation: on([2, 3, 2], (x) => tf.concat([x, weights(2, 3, 1), tf.mul(x, 2)], 2)),
  'depth to space': on<tf.Tensor4D>([1, 2, 2, 8], (x) => tf.depthToSpace(x, 2)),
  'expanded axes': matrix((x) => tf.expandDims(x, 1)),
  'gathered rows': matrix((x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32'), 0)),
  'gathered columns': matrix((x) => tf.gather(x, tf.tensor2d([[4, 1], [1, 0]], [2, 2], 'int32'), 1)),
  'reflected padding': images((x) => tf.mirrorPad(x, [[0, 0], [1, 1], [2, 1], [0, 0]], 'reflect')),
  'symmetric padding': matrix((x) => tf.mirrorPad(x, [[1, 2], [0, 1]], 'symmetric')),
  padding: matrix((x) => tf.pad(x, [[1, 2], [0, 1]])),
  reshape: matrix((x) => tf.reshape(x, [5, 3])),
  reversal: matrix((x) => tf.reverse(x, 1)),
  slice: matrix((x) => tf.slice(x, [1, 2], [2, 2])),
  'space to batch': on<tf.Tensor4D>([1, 4, 6, 2], (x) => tf.spaceToBatchND(x, [2, 2], [[0, 0], [2, 0]])),
  'one part of a split': on([4, 6], (x) => tf.split(x, 3, 1)[1]!),
  'several parts of a split': on([4, 6], (x) => {
    const parts = tf.split(x, 3, 1);
    return tf.mul(parts[0]!, parts[2]!);
  }),
  squeeze: on([3, 1, 5], (x) => tf.squeeze(x, [1])),
  stack: matrix((x) => tf.stack([x, tf.mul(x, 2)], 1)),
  'strided slice': on([4, 5], (x) => tf.stridedSlice(x, [0, 1], [4, 5], [2, 3])),
  'strided slice, backwards': on([4, 5], (x) => tf.stridedSlice(x, [3, 4], [0, 0], [-1, -2])),
  'strided slice that drops an axis': on([4, 5], (x) => tf.stridedSlice(x, [0, 1], [4, 2], [1, 1], 0, 0, 0, 0, 2)),
  'strided slice that adds an axis': on([4, 5], (x) => tf.stridedSlice(x, [0, 0, 1], [4, 1, 4], [1, 1, 2], 0, 0, 0, 2, 0)),
  tiling: on([2, 3], (x) => tf.tile(x, [2, 3])),
  transposition: on([2, 3, 4], (x) => tf.transpose(x, [2, 0, 1])),
  unstack: matrix((x) => tf.unstack(x, 1)[1]!),
  'gathered rows of a batch': images((x) => tf.gather(x, tf.tensor2d([[3, 0, 3], [1, 1, 2]], [2, 3], 'int32'), 1, 1)),
  'gathered channels of a batch': images((x) => tf.gather(x, tf.tensor2d([[1, 1], [0, 1]], [2, 2], 'int32'), 3, 1)),
  'gathered from the end': matrix((x) => tf.gather(x, tf.scalar(4, 'int32'), -1)),
  'gathered by coordinates': matrix((x) => tf.gatherND(x, tf.tensor2d([[2, 4], [0, 1], [2, 4]], [3, 2], 'int32'))),
  'gathered rows by coordinates': images((x) => tf.gatherND(x, tf.tensor2d([[1, 3], [0, 1]], [2, 2], 'int32'))),
  'scattered by coordinates': matrix((x) => tf.scatterND(tf.tensor2d([[4], [1], [4]], [3, 1], 'int32'), x, [6, 5])),
  'written over others by coordinates': on([2, 5], (x) => tf.tensorScatterUpdate(weights(4, 5), tf.tensor2d([[3], [1]], [2, 1], 'int32'), x)),
  'overwritten by coordinates': matrix((x) => tf.tensorScatterUpdate(x, tf.tensor2d([[2, 1], [0, 3]], [2, 2], 'int32'), tf.tensor1d([1, 2]))),
  'overwritten by coordinates, by parts of itself': matrix((x) => {
    const rows = tf.tensorScatterUpdate(x, tf.tensor2d([[2], [0]], [2, 1], 'int32'), tf.mul(tf.slice(x, [0, 0], [2, 5]), 3));
    return tf.mul(rows, x);
  }),
  'split into one part': matrix((x) => tf.mul(tf.split(x, 1, 1)[0]!, x)),
  'unstack of one layer': on([3, 1, 4], (x) => tf.mul(tf.unstack(x, 1)[0]!, 2)),
  'uneven split': on([4, 6], (x) => tf.split(x, [1, 2, 3], 1)[2]!),
  'padding with a value': images((x) => tf.pad(x, [[0, 0], [1, 0], [0, 2], [0, 0]], 0.3)),
  'reflected padding of one image axis': images((x) => tf.mirrorPad(x, [[0, 0], [0, 0], [3, 0], [0, 0]], 'symmetric')),
  'transposition of images': images((x) => tf.transpose(x, [0, 3, 1, 2])),
  'reversal of two axes': images((x) => tf.reverse(x, [1, 2])),
  'space to depth': images((x) => tf.reshape(tf.transpose(tf.reshape(x, [2, 2, 2, 10]), [0, 2, 1, 3]), [2, 40])),
  'depth to space of a batch': on<tf.Tensor4D>([2, 2, 3, 9], (x) => tf.depthToSpace(x, 3)),
  'strided slice with masks': images((x) => tf.stridedSlice(x, [0, 1, 1, 0], [0, 0, 4, 0], [1, 2, 1, 1], 0b1001, 0b1011)),
  'strided slice, backwards, that drops an axis': on([2, 3, 4], (x) => tf.stridedSlice(x, [0, -1, 0], [0, 0, 0], [1, 1, -1], 0b101, 0b101, 0, 0, 0b010)),
  'strided slice behind an ellipsis': images((x) => tf.stridedSlice(x, [0, 1], [0, 2], [1, 1], 0, 0, 0b01)),
};
