import { expect, test } from '@jest/globals';
import { explain, randomStream, tensor } from '@pellucid/core';
import { analyticModel, linearFormula, normalValues, quadraticFormula } from '@pellucid/testkit';
import { lime } from './lime.ts';
import { fitNeighbourhood, type Neighbourhood } from './weighted-fit.ts';

const FEATURES = 6;
const ROWS = 80;
const { uniform, normal } = randomStream(3, 'neighbourhood');
const kept = Uint8Array.from({ length: ROWS * FEATURES }, () => Math.round(uniform()));
const TRUTH = [3, -2, 0.02, 0, 1, -0.01];
const neighbourhood: Neighbourhood = {
  features: FEATURES,
  kept,
  scores: Float64Array.from({ length: ROWS }, (_, row) => TRUTH.reduce((sum, value, i) => sum + value * kept[row * FEATURES + i]!, 5) + 0.1 * normal()),
  similarities: Float64Array.from({ length: ROWS }, () => 0.2 + uniform()),
};

/** Weighted covariance of each feature with the residual: the gradient of the fit. */
function slopes(coefficients: Float64Array): number[] {
  const total = neighbourhood.similarities.reduce((a, b) => a + b, 0);
  const mean = (values: (row: number) => number): number => neighbourhood.similarities.reduce((sum, weight, row) => sum + weight * values(row), 0) / total;
  const z = (row: number, i: number): number => kept[row * FEATURES + i]!;
  const residual = (row: number): number => coefficients.reduce((rest, value, i) => rest - value * z(row, i), neighbourhood.scores[row]!);
  const level = mean(residual);
  return TRUTH.map((_, i) => mean((row) => z(row, i) * (residual(row) - level)));
}

test.each([0, 0.001, 0.05, 0.4])('the optimality conditions hold for alpha = %d', (alpha) => {
  const { coefficients = new Float64Array() } = fitNeighbourhood(neighbourhood, alpha) ?? {};
  slopes(coefficients).forEach((slope, i) => {
    if (coefficients[i] === 0) expect(Math.abs(slope)).toBeLessThanOrEqual(alpha + 1e-9);
    else expect(slope).toBeCloseTo(alpha * Math.sign(coefficients[i]!), 9);
  });
});

test('weak features leave the sparse model, all features a very sparse one', () => {
  const { coefficients = new Float64Array() } = fitNeighbourhood(neighbourhood, 0.05) ?? {};
  expect([...coefficients].map((value) => value !== 0)).toEqual([true, true, false, false, true, false]);
  expect([...fitNeighbourhood(neighbourhood, 100)?.coefficients ?? []]).toEqual(new Array(FEATURES).fill(0));
});

test('the truth lies within four standard errors of least squares', () => {
  const { coefficients = new Float64Array(), errors = new Float64Array() } = fitNeighbourhood(neighbourhood, 0) ?? {};
  TRUTH.forEach((truth, i) => {
    expect(Math.abs(coefficients[i]! - truth)).toBeLessThan(4 * errors[i]!);
    expect(errors[i]).toBeLessThan(0.1);
  });
});

test('least squares with too few copies is refused, in words', async () => {
  const weights = normalValues(1, 'w', 24);
  const model = analyticModel(linearFormula([24], [weights], [0]), { capabilities: [] });
  const input = tensor([1, 24], [...normalValues(1, 'x', 24)]);
  await expect(explain(model, lime({ samples: 10, alpha: 0 }), { input, targets: 0 })).rejects.toThrow(/more than 24 copies/);
  const { values } = await explain(model, lime({ samples: 10, alpha: 0.01 }), { input, targets: 0 });
  expect(values.data.every(Number.isFinite)).toBe(true);
});

test('stops at a wanted standard error', async () => {
  const [w, q] = [normalValues(1, 'w', 8), normalValues(1, 'q', 8)];
  const model = analyticModel(quadraticFormula([8], [w], [q]), { capabilities: [] });
  const input = tensor([1, 8], [...normalValues(1, 'x', 8)]);
  const features = tensor([8], [0, 0, 1, 1, 2, 2, 3, 3]);
  const { provenance } = await explain(model, lime({ samples: 5000, features, alpha: 0 }), { input, targets: 0, standardError: 0.05 });
  expect(provenance.draws?.[0]).toBeLessThan(5000);
});

test('a penalty that outweighs every feature is noted, and least squares has none', async () => {
  const model = analyticModel(linearFormula([3], [normalValues(0, 'w', 3)]));
  const input = tensor([1, 3], [1, 2, 3]);
  const strict = await explain(model, lime({ samples: 50, alpha: 1000 }), { input, targets: 0 });
  expect([...strict.values.data]).toEqual([0, 0, 0]);
  expect(strict.provenance.notes).toEqual([expect.stringMatching(/^sample 0: .*`alpha` 1000/)]);
  expect((await explain(model, lime({ samples: 50, alpha: 0 }), { input, targets: 0 })).provenance.notes).toEqual([]);
});
