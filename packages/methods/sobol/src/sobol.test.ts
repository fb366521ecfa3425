import { expect, test } from '@jest/globals';
import { explain, tensor, type ModelAdapter } from '@pellucid/core';
import { analyticModel, type AnalyticNetwork } from '@pellucid/testkit';
import { sobol } from './sobol.ts';
import { totalIndices } from './total-indices.ts';

const modelOf = (f: (x: Float64Array) => number): ModelAdapter<never> => {
  const network: AnalyticNetwork = {
    name: 'function', shape: [3], classes: 1, layers: [],
    pass: (x) => ({ logits: Float64Array.of(f(x)), activations: new Map(), backward: () => new Map() }),
  };
  return analyticModel(network, { capabilities: [] });
};
const input = tensor([1, 3], [1, 1, 1]);

/** Ishigami's function on uniform numbers from -pi to pi: the standard example, total indices from its closed form with a = 7, b = 0.1. */
const [A, B] = [7, 0.1];
const ishigami = modelOf((x) => {
  const [u = 0, v = 0, w = 0] = [...x].map((value) => Math.PI * (2 * value - 1));
  return Math.sin(u) + A * Math.sin(v) ** 2 + B * w ** 4 * Math.sin(u);
});
const V1 = 0.5 * (1 + (B * Math.PI ** 4) / 5) ** 2;
const V2 = A ** 2 / 8;
const V13 = B ** 2 * Math.PI ** 8 * (1 / 18 - 1 / 50);
const TOTAL = V1 + V2 + V13;

test('the indices of Ishigami\'s function lie within four standard errors', async () => {
  const { values, standardError } = await explain(ishigami, sobol({ samples: 4000 }), { input, targets: 0 });
  [(V1 + V13) / TOTAL, V2 / TOTAL, V13 / TOTAL].forEach((truth, i) => {
    expect(Math.abs(values.data[i]! - truth)).toBeLessThan(4 * (standardError?.data[i] ?? NaN));
    expect(standardError?.data[i]).toBeLessThan(0.03);
  });
});

test('the indices of a sum are shares of its variance, and a value without effect has none', async () => {
  const { values, standardError } = await explain(modelOf(([a = 0, b = 0]) => 3 * a - 4 * b), sobol({ samples: 3000 }), { input, targets: 0 });
  [9 / 25, 16 / 25].forEach((truth, i) => { expect(Math.abs(values.data[i]! - truth)).toBeLessThan(4 * (standardError?.data[i] ?? NaN)); });
  expect(values.data[2]).toBe(0);
});

test('the standard errors are about right', async () => {
  const ratios: number[] = [];
  for (let seed = 0; seed < 60; seed++) {
    const { values, standardError } = await explain(modelOf(([a = 0, b = 0]) => 3 * a - 4 * b), sobol({ samples: 64 }), { input, targets: 0, seed });
    ratios.push((values.data[0]! - 9 / 25) / (standardError?.data[0] ?? NaN));
  }
  const spread = Math.sqrt(ratios.reduce((sum, ratio) => sum + ratio * ratio, 0) / ratios.length);
  expect(spread).toBeGreaterThan(0.75);
  expect(spread).toBeLessThan(1.4);
});

test('a score that does not vary has no indices', () => {
  const flat = { whole: 2, exchanged: Float64Array.of(2, 2) };
  expect(totalIndices([flat, flat, flat], 2)).toEqual({ indices: Float64Array.of(0, 0), errors: Float64Array.of(0, 0) });
});

test('stops at a wanted standard error', async () => {
  const { provenance } = await explain(ishigami, sobol({ samples: 20_000 }), { input, targets: 0, standardError: 0.1 });
  expect(provenance.draws?.[0]).toBeLessThan(5000);
  expect(provenance.passes.forward).toBe(4 * (provenance.draws?.[0] ?? NaN));
});
