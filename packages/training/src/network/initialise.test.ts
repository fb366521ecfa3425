import { expect, test } from '@jest/globals';
import type { Tensor } from '@pellucid/core';
import { initialWeights } from './initialise.ts';
import { plainCnn } from './plain-cnn.ts';
import { residualCnn } from './residual-cnn.ts';

const valuesOf = (weights: ReadonlyMap<string, Tensor>, name: string): Float32Array => weights.get(name)?.data ?? new Float32Array();
const variance = (values: Float32Array): number => values.reduce((sum, value) => sum + value ** 2, 0) / values.length;

test('kernels have the variance of He before a ReLU and of Glorot elsewhere; biases are zero', () => {
  const weights = initialWeights(plainCnn({ input: [16, 16, 3], classes: 10, width: 40 }), 1);
  // The variance of a sample of n normal values lies within 4 sqrt(2 / n) of the true one: 14400 and 6400 values.
  expect(variance(valuesOf(weights, 'block1/conv2/kernel')) / (2 / 360)).toBeCloseTo(1, 1);
  expect(variance(valuesOf(weights, 'logits/kernel')) / (2 / (640 + 10))).toBeCloseTo(1, 1);
  expect(weights.get('logits/bias')).toEqual({ shape: [10], data: new Float32Array(10) });
});

test('the seed decides the weights, each layer by itself', () => {
  const first = initialWeights(residualCnn({ input: [32, 32, 3], classes: 4 }), 7);
  expect(initialWeights(residualCnn({ input: [32, 32, 3], classes: 4 }), 7)).toEqual(first);
  const other = initialWeights(residualCnn({ input: [32, 32, 3], classes: 9 }), 7);
  expect(other.get('stem/conv/kernel')).toEqual(first.get('stem/conv/kernel'));
  const reseeded = initialWeights(residualCnn({ input: [32, 32, 3], classes: 4 }), 8);
  expect(reseeded.get('stem/conv/kernel')).not.toEqual(first.get('stem/conv/kernel'));
});

test('kernels on the image answer to a uniform image with zero', () => {
  const data = valuesOf(initialWeights(residualCnn({ input: [32, 32, 3], classes: 4 }), 7), 'stem/conv/kernel');
  expect(data).toHaveLength(9 * 48);
  for (let plane = 0; plane < 48; plane++) {
    let sum = 0;
    for (let tap = 0; tap < 9; tap++) sum += data[tap * 48 + plane]!;
    expect(sum).toBeCloseTo(0, 5);
  }
});
