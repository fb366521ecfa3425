import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';

import { inScope } from '../src/engine/scope.ts';
import { openEngine, type TfjsEngine } from '../src/index.ts';
import { ENGINES } from './engines.ts';

const range = (...shape: number[]): tf.Tensor => tf.reshape(tf.range(0, shape.reduce((a, b) => a * b, 1), 1, 'float32'), shape);
const grid = (...shape: number[]): tf.Tensor => tf.div(tf.sub(tf.mod(tf.mul(range(...shape), 7), 11), 5), 4);
const entry = (stack: tf.Tensor, ...index: number[]): tf.Tensor2D => tf.reshape(tf.slice(stack, index, index.map(() => 1)), stack.shape.slice(-2) as [number, number]);

describe.each(ENGINES)('on engine %s', (name) => {
  let engine: TfjsEngine;
  let tensors: number;
  beforeAll(async () => {
    engine = await openEngine(name);
    tensors = tf.memory().numTensors;
  });
  afterAll(() => { expect(tf.memory().numTensors).toBe(tensors); });
  const values = (compute: () => tf.Tensor): Promise<unknown> => engine.exclusive(() => inScope(() => compute().arraySync()));

  test('running sums and products along an axis that is counted from the end', async () => {
    const x = (): tf.Tensor => tf.tensor2d([[1, 2, 3], [4, 5, 6]]);
    expect(await values(() => tf.cumsum(x(), -1))).toEqual([[1, 3, 6], [4, 9, 15]]);
    expect(await values(() => tf.cumsum(x(), -2, true, true))).toEqual([[4, 5, 6], [0, 0, 0]]);
    expect(await values(() => tf.cumprod(x(), -1))).toEqual([[1, 2, 6], [4, 20, 120]]);
  });

  test('marks of classes in numbers with a fraction', async () => {
    expect(await values(() => tf.oneHot(tf.tensor1d([1, 2], 'int32'), 3, 0.5, -1, 'float32'))).toEqual([[-1, 0.5, -1], [-1, -1, 0.5]]);
  });

  test('slices that go backwards while axes come or go', async () => {
    // x[:, -1, ::-1]
    expect(await values(() => tf.stridedSlice(range(2, 3, 4), [0, -1, 0], [0, 0, 0], [1, 1, -1], 0b101, 0b101, 0, 0, 0b010)))
      .toEqual([[11, 10, 9, 8], [23, 22, 21, 20]]);
    // x[:, -1:-4:-2, newaxis, ..., 3]
    expect(await values(() => tf.stridedSlice(range(2, 3, 4), [0, -1, 0, 0, 3], [0, -4, 0, 0, 4], [1, -2, 1, 1, 1], 0b1, 0b1, 0b1000, 0b100, 0b10000)))
      .toEqual([[[11], [3]], [[23], [15]]]);
    // x[1, newaxis, 2::-1, 3:0:-2]
    expect(await values(() => tf.stridedSlice(range(2, 3, 4), [1, 0, 2, 3], [2, 0, 0, 0], [1, 1, -1, -2], 0, 0b100, 0, 0b10, 0b1)))
      .toEqual([[[23, 21], [19, 17], [15, 13]]]);
    // x[::2, 1] of whole numbers
    expect(await values(() => tf.stridedSlice(tf.cast(range(4, 2), 'int32'), [0, 1], [0, 2], [2, 1], 0b1, 0b1, 0, 0, 0b10))).toEqual([1, 5]);
  });

  test.each([[[3, 1], [1, 2]], [[2, 1, 2], [3, 1]], [[2, 3], [2, 1]], [[3, 1], [2]], [[2, 3], [3]]])('products of stacks %j and %j of matrices', async (stackA, stackB) => {
    await engine.exclusive(() => inScope(() => {
      const [a, b] = [grid(...stackA, 2, 5), grid(...stackB, 5, 3)];
      const products = tf.matMul(a, b);
      const stack = tf.broadcast_util.assertAndGetBroadcastShape(stackA, stackB);
      expect(products.shape).toEqual([...stack, 2, 3]);
      const places = stack.reduce<number[][]>((found, length) => found.flatMap((place) => Array.from({ length }, (_, i) => [...place, i])), [[]]);
      for (const place of places) {
        const of = (operand: tf.Tensor, lengths: number[]): tf.Tensor2D => entry(operand, ...lengths.map((length, i) => (length === 1 ? 0 : place[place.length - lengths.length + i]!)));
        const difference = tf.abs(tf.sub(entry(products, ...place), tf.matMul(of(a, stackA), of(b, stackB))));
        expect(tf.max(difference).arraySync()).toBeLessThan(1e-6);
      }
      const turned = tf.matMul(tf.transpose(a, [...stackA.keys(), a.rank - 1, a.rank - 2]), b, true);
      expect(tf.max(tf.abs(tf.sub(turned, products))).arraySync()).toBeLessThan(1e-6);
    }));
  });

  test('values written over others leave those as they were', async () => {
    await engine.exclusive(() => inScope(() => {
      const before = tf.tensor1d([1, 2, 3]);
      const shared = tf.clone(before);
      expect(tf.tensorScatterUpdate(shared, tf.tensor2d([[1]], [1, 1], 'int32'), tf.tensor1d([9])).arraySync()).toEqual([1, 9, 3]);
      expect(before.arraySync()).toEqual([1, 2, 3]);
    }));
  });

  /** The value, or the message of what refuses to compute it. */
  const valueOrRefusal = (compute: () => tf.Tensor): Promise<unknown> => values(compute).catch((error: unknown) => String(error));

  test('what an engine computes wrongly is refused', async () => {
    const trace = await valueOrRefusal(() => tf.einsum('bii->bi', range(1, 2, 2)));
    if (name === 'wasm' || name === 'cpu') expect(trace).toMatch(/repeats a letter/);
    else expect(trace).toEqual([[0, 3]]);
    const dilated = await valueOrRefusal(() => tf.dilation2d(range(1, 2, 2, 1) as tf.Tensor4D, tf.fill([2, 2, 1], 0.5), 1, 'valid'));
    if (name === 'wasm') expect(dilated).toMatch(/Dilation2D/);
    else expect(dilated).toEqual([[[[3.5]]]]);
    const pooled = await valueOrRefusal(() => tf.maxPoolWithArgmax(tf.neg(range(1, 2, 2, 1)) as tf.Tensor4D, 2, 2, 'valid')['result']!);
    if (name === 'cpu') expect(pooled).toEqual([[[[-0]]]]);
    else expect(pooled).toMatch(/MaxPoolWithArgmax/);
  });
});
