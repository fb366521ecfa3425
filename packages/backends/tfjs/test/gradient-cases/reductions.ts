import * as tf from '@tensorflow/tfjs-core';

import { images, matrix, on, type GradientCase } from './gradient-case.ts';

/** Sums, extremes and others over axes. */
export const REDUCTIONS: Readonly<Record<string, GradientCase>> = {
  'cumulative sum': matrix((x) => tf.cumsum(x, 1)),
  'logarithm of softmax': matrix((x) => tf.logSoftmax(x)),
  'logarithm of summed exponentials': matrix((x) => tf.logSumExp(x, 1)),
  'highest along an axis': matrix((x) => tf.max(x, 1)),
  'lowest along an axis': matrix((x) => tf.min(x, 1)),
  mean: matrix((x) => tf.mean(x, 1)),
  softmax: matrix((x) => tf.softmax(x)),
  'softmax over channels': on([1, 2, 3, 4], (x) => tf.softmax(x)),
  sum: matrix((x) => tf.sum(x, 1)),
  'sum of all': matrix((x) => tf.mul(x, tf.sum(x))),
  'mean that keeps axes': matrix((x) => tf.sub(x, tf.mean(x, [0, 1], true))),
  'highest of all': matrix((x) => tf.mul(x, tf.max(x))),
  'lowest that keeps axes': matrix((x) => tf.sub(x, tf.min(x, 0, true))),
  'product along an axis': matrix((x) => tf.prod(x, 1)),
  'product of all': on([2, 3], (x) => tf.prod(tf.add(x, 1))),
  'Euclidean length': matrix((x) => tf.euclideanNorm(x, 1)),
  'sum of absolute values': matrix((x) => tf.norm(x, 1, 1)),
  'cumulative sum, exclusive, from the end': images((x) => tf.cumsum(x, 1, true, true)),
  'cumulative sum along the first axis': matrix((x) => tf.cumsum(x, 0)),
  'largest few': matrix((x) => tf.topk(x, 3).values),
  'largest few of images': images((x) => tf.topk(tf.square(x), 2, false).values),
  'position of the highest': matrix((x) => tf.mul(tf.sum(x, 1), tf.cast(tf.argMax(x, 1), 'float32'))),
  'position of the lowest, as a vector': matrix((x) => tf.mul(x, tf.oneHot(tf.argMin(x, 1), 5))),
  'whether any or all': matrix((x) => tf.where(tf.logicalOr(tf.any(tf.greater(x, 0), 1, true), tf.all(tf.less(x, 0), 1, true)), tf.square(x), x)),
};
