import { afterAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';

import { BACKEND_OF } from '../src/engine/engine-name.ts';
import { openEngine } from '../src/engine/open-engine.ts';
import { inScope } from '../src/engine/scope.ts';
import { differentiate } from '../src/gradients/differentiate.ts';
import { FLAT_OPERATIONS } from '../src/gradients/flat-operations.ts';
import { VERIFIED_GRADIENTS } from '../src/gradients/verified-gradients.ts';
import { checkGradient } from './check-gradient.ts';
import { ENGINES } from './engines.ts';
import { GRADIENT_CASES } from './gradient-cases/index.ts';

/** Rounding of float32 at this step: see `checkGradient`. A wrong gradient is off by far more. */
const TOLERANCE = 1e-3;

describe.each(ENGINES)('on engine %s', (name) => {
  const crossed = new Set<string>();
  const cases = Object.entries(GRADIENT_CASES).filter(([, { engines }]) => engines?.includes(name) ?? true);
  let finished = 0;

  test.each(cases)('%s: the gradient agrees with finite differences', async (_, gradientCase) => {
    const engine = await openEngine(name);
    const { error, kernels, leaked } = await engine.exclusive(() => checkGradient(gradientCase));
    kernels.forEach((kernel) => crossed.add(kernel));
    expect(error).toBeLessThan(TOLERANCE);
    expect(leaked).toBe(0);
    finished++;
  });

  afterAll(() => {
    // A run of some tests alone says nothing about the list.
    if (finished < cases.length) return;
    // A line without a case would claim what nobody checked.
    const claimed = [...VERIFIED_GRADIENTS].filter(([, backends]) => backends.includes(BACKEND_OF[name])).map(([kernel]) => kernel);
    expect([...claimed, ...FLAT_OPERATIONS].filter((kernel) => !crossed.has(kernel))).toEqual([]);
  });

  const gradientOf = async (x: tf.TensorLike, compute: (x: tf.Tensor) => tf.Tensor): Promise<number[]> => {
    const engine = await openEngine(name);
    return engine.exclusive(() =>
      inScope(() => {
        const input = tf.tensor(x);
        const { gradients } = differentiate(() => ({
          objective: tf.sum(compute(input)) as tf.Scalar,
          points: [{ name: 'x', tensor: input }],
          locate: () => 'here',
        }));
        return [...gradients[0]!.dataSync()];
      }),
    );
  };

  test('max pooling gives the whole gradient to the first of equal values, also below zero', async () => {
    const image = [[[[-1], [-1]], [[-1], [-2]]]];
    expect(await gradientOf(image, (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))).toEqual([1, 0, 0, 0]);
    expect(await gradientOf([[[[0], [0]], [[0], [0]]]], (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))).toEqual([1, 0, 0, 0]);
  });

  test('so it does in three dimensions', async () => {
    const volume = [[[[[0], [0]], [[0], [0]]], [[[0], [0]], [[0], [0]]]]];
    expect(await gradientOf(volume, (x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'valid'))).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('the higher of two equal values is the first', async () => {
    expect(await gradientOf([1, 2], (x) => tf.maximum(x, tf.tensor1d([1, 3])))).toEqual([1, 0]);
    expect(await gradientOf([1, 2], (x) => tf.maximum(tf.tensor1d([1, 1]), x))).toEqual([0, 1]);
  });

  test('a product with zeros has the products of the others', async () => {
    expect(await gradientOf([[0, 2, 3], [0, 0, 5]], (x) => tf.prod(x, 1))).toEqual([6, 0, 0, 0, 0, 0]);
  });

  test('a quotient that is zero where its divisor is has no gradient there', async () => {
    expect(await gradientOf([0, 2], (x) => tf.divNoNan(tf.tensor1d([3, 3]), x))).toEqual([0, -0.75]);
  });

  test('the maximum over an axis shares the gradient among equal values', async () => {
    expect(await gradientOf([[3, 1, 3], [0, 2, 1]], (x) => tf.max(x, 1))).toEqual([0.5, 0, 0.5, 0, 1, 0]);
    expect(await gradientOf([[3, 1, 1]], (x) => tf.min(x, 1))).toEqual([0, 0.5, 0.5]);
  });

  test('an operation that was not verified is refused, with its name and place', async () => {
    const refused = gradientOf([[1, 2], [3, 4]], (x) => tf.cumprod(x, 1));
    await expect(refused).rejects.toMatchObject({ code: 'GRADIENT_UNDEFINED', details: { operator: 'Cumprod', node: 'here' } });
  });

  test('a form of a verified operation that its gradient does not cover is refused, and nothing stays behind', async () => {
    const engine = await openEngine(name);
    const before = tf.memory().numTensors;
    const image = [[[[1], [2]], [[3], [4]]]];
    // A convolution whose filter is what depends on the input.
    const refused = gradientOf(image, (x) =>
      tf.fused.conv2d({ x: tf.ones([1, 4, 4, 1]) as tf.Tensor4D, filter: tf.transpose(x, [1, 2, 0, 3]) as tf.Tensor4D, strides: 1, pad: 'same' }),
    );
    await expect(refused).rejects.toMatchObject({ code: 'GRADIENT_UNDEFINED' });
    expect(await engine.exclusive(() => tf.memory().numTensors)).toBe(before);
  });

  test('the gradients that ship are back in place after a pass, also after one that failed', async () => {
    const shipped = tf.getGradient('SquaredDifference');
    await gradientOf([1, 2], (x) => tf.squaredDifference(x, 1));
    expect(tf.getGradient('SquaredDifference')).toBe(shipped);
    await expect(gradientOf([1, 2], () => tf.scalar(1))).rejects.toMatchObject({ code: 'GRADIENT_UNREACHABLE' });
    expect(tf.getGradient('SquaredDifference')).toBe(shipped);
    expect(tf.getGradient('StridedSlice')).toBeUndefined();
  });
});
