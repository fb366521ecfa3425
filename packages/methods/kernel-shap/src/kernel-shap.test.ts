import { expect, test } from '@jest/globals';
import { explain, randomStream, tensor, type ModelAdapter } from '@pellucid/core';
import { analyticModel, type AnalyticNetwork } from '@pellucid/testkit';
import { drawPair, planCoalitions } from './coalition-plan.ts';
import { kernelShap } from './kernel-shap.ts';

const FEATURES = 10;
const LIMIT = 2 ** FEATURES;
const { normal } = randomStream(5, 'game');
/** A random game: every coalition of up to three features adds something of its own. */
const dividends = Array.from({ length: LIMIT }, (_, coalition) => {
  const size = [...coalition.toString(2)].filter((bit) => bit === '1').length;
  return size >= 1 && size <= 3 ? normal() : 0;
});
const network: AnalyticNetwork = {
  name: 'game',
  shape: [FEATURES],
  classes: 1,
  layers: [],
  pass: (x) => {
    const present = [...x].reduce((mask, value, i) => (value === 0 ? mask : mask | (1 << i)), 0);
    const worth = dividends.reduce((sum, dividend, coalition) => ((coalition & present) === coalition ? sum + dividend : sum), 0);
    return { logits: Float64Array.of(worth), activations: new Map(), backward: () => new Map() };
  },
};
const model: ModelAdapter<never> = analyticModel(network, { capabilities: [] });
const input = tensor([1, FEATURES], new Float32Array(FEATURES).fill(1));
/** A dividend is shared equally by the members of its coalition. */
const TRUTH = Array.from({ length: FEATURES }, (_, feature) => dividends.reduce((sum, dividend, coalition) => {
  const size = [...coalition.toString(2)].filter((bit) => bit === '1').length;
  return (coalition & (1 << feature)) === 0 ? sum : sum + dividend / size;
}, 0));

test('with all coalitions the Shapley values are exact', async () => {
  const { values, standardError, provenance } = await explain(model, kernelShap({ samples: LIMIT }), { input, targets: 0 });
  TRUTH.forEach((truth, i) => { expect(values.data[i]).toBeCloseTo(truth, 5); });
  expect(standardError?.data.every((error) => error === 0)).toBe(true);
  expect(provenance.draws).toEqual([LIMIT]);
});

test('with few of them the truth lies within four standard errors, which are about right', async () => {
  const ratios: number[] = [];
  for (let seed = 0; seed < 40; seed++) {
    const { values, standardError } = await explain(model, kernelShap({ samples: 200 }), { input, targets: 0, seed });
    TRUTH.forEach((truth, i) => {
      const ratio = (values.data[i]! - truth) / (standardError?.data[i] ?? NaN);
      expect(Math.abs(ratio)).toBeLessThan(5);
      ratios.push(ratio);
    });
  }
  const spread = Math.sqrt(ratios.reduce((sum, ratio) => sum + ratio * ratio, 0) / ratios.length);
  expect(spread).toBeGreaterThan(0.8);
  expect(spread).toBeLessThan(1.25);
});

test('the map sums to the change of the score for any budget', async () => {
  for (const samples of [20, 60, 333]) {
    const { values } = await explain(model, kernelShap({ samples }), { input, targets: 0 });
    expect(values.data.reduce((a, b) => a + b, 0)).toBeCloseTo(dividends.reduce((a, b) => a + b, 0), 4);
  }
});

test('stops at a wanted standard error', async () => {
  const wide = tensor([1, 30], new Float32Array(30).fill(1));
  const pairs: AnalyticNetwork = {
    ...network, shape: [30],
    pass: (x) => ({ logits: Float64Array.of(x.reduce((sum, value, i) => sum + value * x[(i + 1) % 30]! * (i % 3), 0)), activations: new Map(), backward: () => new Map() }),
  };
  const request = { input: wide, targets: 0, standardError: 0.05 };
  const { provenance } = await explain(analyticModel(pairs, { capabilities: [] }), kernelShap({ samples: 20_000 }), request);
  expect(provenance.draws?.[0]).toBeLessThan(10_000);
});

test('one and two features need no sampling', async () => {
  for (const [features, count] of [[tensor([FEATURES], new Float32Array(FEATURES)), 1], [tensor([FEATURES], input.data.map((_, i) => i % 2)), 2]] as const) {
    const { values, provenance } = await explain(model, kernelShap({ features }), { input, targets: 0 });
    expect(provenance.draws).toEqual([2 ** count]);
    expect((values.data[0]! + (count === 2 ? values.data[1]! : 0))).toBeCloseTo(dividends.reduce((a, b) => a + b, 0), 4);
  }
});

test('a budget below the single features is refused', async () => {
  await expect(explain(model, kernelShap({ samples: 19 }), { input, targets: 0 })).rejects.toThrow(/at least 20 for 10 features/);
});

test('the plan takes whole sizes while their share of the weight pays for them', () => {
  const plan = planCoalitions(10, 200);
  // Sizes 1 and 9: 20 coalitions; sizes 2 and 8 would be 90 of the 180 left, worth 0.22 of their weight.
  expect(plan.weights).toHaveLength(20);
  expect(plan.sampledSizes).toEqual([2, 3, 4, 5]);
  expect(plan.pairs).toBe(90);
  expect(planCoalitions(10, LIMIT).weights).toHaveLength(LIMIT - 2);
  expect(planCoalitions(4, 14).weights).toHaveLength(14);
});

test('random pairs are complements, and their sizes come by weight', () => {
  const plan = planCoalitions(10, 200);
  const counts = new Map<number, number>();
  for (let i = 0; i < 4000; i++) {
    const pair = drawPair(plan, randomStream(1, i));
    const [one, other] = [pair.subarray(0, 10), pair.subarray(10)];
    one.forEach((value, feature) => { expect(value + other[feature]!).toBe(1); });
    const size = one.reduce((a, b) => a + b, 0);
    counts.set(size, (counts.get(size) ?? 0) + 1);
  }
  const total = plan.sampledWeights.reduce((a, b) => a + b, 0);
  plan.sampledSizes.forEach((size, i) => {
    expect(Math.abs((counts.get(size) ?? 0) / 4000 - plan.sampledWeights[i]! / total)).toBeLessThan(0.04);
  });
});
