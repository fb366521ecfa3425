import { expect, test } from '@jest/globals';
import { explain, randomStream, tensor } from '@pellucid/core';
import { analyticModel, type AnalyticNetwork } from '@pellucid/testkit';
import { dependences } from './dependence.ts';
import { hsic } from './hsic.ts';

/** tr(K H L H) / (n - 1)², literally. */
function literally(present: readonly number[], scores: readonly number[], width: number): number {
  const n = scores.length;
  const square = (f: (i: number, j: number) => number): number[][] => scores.map((_, i) => scores.map((_unused, j) => f(i, j)));
  const times = (a: number[][], b: number[][]): number[][] => square((i, j) => a[i]!.reduce((sum, value, k) => sum + value * b[k]![j]!, 0));
  const centre = square((i, j) => Number(i === j) - 1 / n);
  const kernel = square((i, j) => Number(present[i] === present[j]));
  const scoreKernel = square((i, j) => Math.exp(-((scores[i]! - scores[j]!) ** 2) / (2 * width ** 2)));
  const product = times(times(kernel, centre), times(scoreKernel, centre));
  return product.reduce((sum, row, i) => sum + row[i]!, 0) / (n - 1) ** 2;
}

test('the criterion is that of its definition', () => {
  const kept = Uint8Array.of(1, 0, 0, 1, 1, 1, 0, 0, 1, 0);
  const scores = Float64Array.of(1, 4, 2, 7, 1.5);
  const distances = [3, 1, 6, 0.5, 2, 3, 2.5, 5, 0.5, 5.5].toSorted((a, b) => a - b);
  const { values } = dependences({ features: 2, kept, scores });
  [0, 1].forEach((feature) => {
    const present = Array.from(scores, (_, row) => kept[2 * row + feature]!);
    expect(values[feature]).toBeCloseTo(literally(present, [...scores], distances[5]!), 12);
  });
});

const network: AnalyticNetwork = {
  name: 'dependences', shape: [4], classes: 1, layers: [],
  // The second value works through its square with the third: neither is linear.
  pass: ([a = 0, b = 0, c = 0]) => ({ logits: Float64Array.of(3 * a + b * b * c), activations: new Map(), backward: () => new Map() }),
};
const model = analyticModel(network, { capabilities: [] });
const input = tensor([1, 4], [1, 1, 1, 5]);

test('features rank by their effect, one without any is within chance', async () => {
  const { values: { data }, standardError } = await explain(model, hsic(), { input, targets: 0 });
  expect(data[0]).toBeGreaterThan(data[1]!);
  expect(data[1]).toBeGreaterThan(10 * data[3]!);
  expect(data[2]).toBeGreaterThan(10 * data[3]!);
  expect(Math.abs(data[3]!)).toBeLessThan(0.01);
  expect(standardError?.data[0]).toBeLessThan(0.1 * data[0]!);
});

test('the standard errors are about right', () => {
  const draws = Array.from({ length: 200 }, (_, seed) => {
    const { uniform, normal } = randomStream(seed, 'scores');
    const kept = Uint8Array.from({ length: 200 }, () => Math.round(uniform()));
    const { values, errors } = dependences({ features: 1, kept, scores: Float64Array.from(kept, (present) => present + 0.5 * normal()) });
    return [values[0]!, errors[0]!] as const;
  });
  const mean = draws.reduce((sum, [value]) => sum + value, 0) / draws.length;
  const spread = Math.sqrt(draws.reduce((sum, [value]) => sum + (value - mean) ** 2, 0) / draws.length);
  const stated = draws.reduce((sum, [, error]) => sum + error, 0) / draws.length;
  expect(stated / spread).toBeGreaterThan(0.7);
  expect(stated / spread).toBeLessThan(1.4);
});

test('a score that does not vary depends on nothing', () => {
  const { values } = dependences({ features: 1, kept: Uint8Array.of(1, 0, 1), scores: Float64Array.of(2, 2, 2) });
  expect(values[0]).toBeCloseTo(0, 12);
});

test('stops at a wanted standard error', async () => {
  const { provenance } = await explain(model, hsic({ samples: 3000 }), { input, targets: 0, standardError: 0.2 });
  expect(provenance.draws?.[0]).toBeLessThan(3000);
});
