import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, type AnalyticNetwork } from '@pellucid/testkit';
import { shapleySampling } from './shapley-sampling.ts';

/** f = 2 a + b c - 3 a b c: the Shapley values are known from the dividends of the coalitions. */
const network: AnalyticNetwork = {
  name: 'interactions',
  shape: [4],
  classes: 1,
  layers: [],
  pass: ([a = 0, b = 0, c = 0]) => ({
    logits: Float64Array.of(2 * a + b * c - 3 * a * b * c),
    activations: new Map(),
    backward: () => new Map(),
  }),
};
const model = analyticModel(network, { capabilities: [] });
const input = tensor([1, 4], [2, 3, 5, 7]);
const TRUTH = [2 * 2 - 30, (3 * 5) / 2 - 30, (3 * 5) / 2 - 30, 0];

test('the Shapley values lie within four standard errors; a value that plays no part gets exactly nothing', async () => {
  const { values, standardError } = await explain(model, shapleySampling({ samples: 400 }), { input, targets: 0 });
  TRUTH.forEach((truth, i) => { expect(Math.abs(values.data[i]! - truth)).toBeLessThanOrEqual(4 * (standardError?.data[i] ?? NaN)); });
  expect([values.data[3], standardError?.data[3]]).toEqual([0, 0]);
});

test('the map sums to the change of the score after any number of orders', async () => {
  for (const samples of [1, 2, 7]) {
    const { values } = await explain(model, shapleySampling({ samples }), { input, targets: 0 });
    expect(values.data.reduce((a, b) => a + b, 0)).toBeCloseTo(4 + 15 - 90, 4);
  }
});

test('stops at a wanted standard error', async () => {
  const { provenance, standardError, values } = await explain(model, shapleySampling({ samples: 5000 }), { input, targets: 0, standardError: 0.1 });
  expect(provenance.draws?.[0]).toBeLessThan(5000);
  expect(Math.max(...(standardError?.data ?? []))).toBeLessThanOrEqual(0.1 * Math.max(...values.data.map(Math.abs)));
});
