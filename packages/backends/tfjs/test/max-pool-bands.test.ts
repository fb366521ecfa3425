import { describe, expect, test } from '@jest/globals';
import { normalValues } from '@pellucid/testkit';
import * as tf from '@tensorflow/tfjs-core';

import { inScope } from '../src/engine/scope.ts';
import { openEngine } from '../src/index.ts';
import { bandsOf } from '../src/kernels/max-pool-gradient-bands.ts';
import { ENGINES } from './engines.ts';

type Shape = [samples: number, height: number, width: number, channels: number];

const geometryOf = (shape: Shape, window: number, stride: number, pad: 'valid' | 'same'): tf.backend_util.Conv2DInfo =>
  tf.backend_util.computePool2DInfo(shape, window, stride, 1, pad);

/** Whole numbers, so that sums are exact in any order; few different ones, so that most windows have several maxima. */
const wholeNumbers = (seed: number, shape: Shape): tf.Tensor4D =>
  tf.tensor4d(Float32Array.from(normalValues(seed, 'values', tf.util.sizeFromShape(shape)), (value) => Math.round(2 * value)), shape);

// Windows that overlap by one row and by two, that touch, that leave gaps; with rows behind the last window, and without.
const CASES = [
  { window: 3, stride: 2, height: 74, count: 4 },
  { window: 3, stride: 2, height: 75, count: undefined },
  { window: 3, stride: 1, height: 74, count: 4 },
  { window: 2, stride: 2, height: 65, count: 4 },
  { window: 2, stride: 3, height: 66, count: 2 },
  { window: 3, stride: 2, height: 55, count: 3 },
] as const;

describe.each(ENGINES)('on engine %s', (name) => {
  test.each(CASES)('max pooling of one large image has the gradient that it has in a batch, also for equal maxima: %j', async ({ window, stride, height, count }) => {
    const engine = await openEngine(name);
    const shape: Shape = [1, height, 50, 64];
    expect(bandsOf(geometryOf(shape, window, stride, 'valid'))?.count).toBe(count);
    await engine.exclusive(() => inScope(() => {
      const gradientOf = (input: tf.Tensor4D, output: tf.Tensor4D, dy: tf.Tensor4D): tf.Tensor4D =>
        tf.engine().runKernel('MaxPoolGrad', { dy, input, output }, { filterSize: [window, window], strides: [stride, stride], pad: 'valid' });
      const input = wholeNumbers(1, shape);
      const output = tf.maxPool(input, window, stride, 'valid');
      const dy = wholeNumbers(2, output.shape);
      const before = tf.memory().numTensors;
      const alone = gradientOf(input, output, dy);
      expect(tf.memory().numTensors).toBe(before + 1);
      const twice = (values: tf.Tensor4D): tf.Tensor4D => tf.concat([values, values]);
      const first = tf.slice(gradientOf(twice(input), twice(output), twice(dy)), [0, 0, 0, 0], [1, -1, -1, -1]);
      expect(alone.shape).toEqual(shape);
      expect(tf.max(tf.abs(tf.sub(alone, first))).dataSync()).toEqual(Float32Array.of(0));
      expect(tf.sum(alone).dataSync()).toEqual(tf.sum(dy).dataSync());
    }));
  });
});

test('small images, batches, padded images and images whose output has no such divisor are not cut', () => {
  expect(bandsOf(geometryOf([1, 16, 16, 64], 2, 2, 'valid'))).toBeUndefined();
  expect(bandsOf(geometryOf([2, 74, 50, 64], 3, 2, 'valid'))).toBeUndefined();
  expect(bandsOf(geometryOf([1, 74, 50, 64], 3, 2, 'same'))).toBeUndefined();
  expect(bandsOf(geometryOf([1, 46, 50, 64], 2, 2, 'valid'))).toBeUndefined();
  expect(bandsOf(geometryOf([1, 64, 64, 64], 2, 2, 'same'))?.count).toBe(4);
});
