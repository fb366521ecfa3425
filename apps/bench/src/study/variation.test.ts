import { expect, test } from '@jest/globals';
import type { PixelImportance } from '@pellucid/metrics';
import { planStudy } from './study-configuration.ts';
import { variationOf } from './variation.ts';

const map = (values: readonly number[]): PixelImportance => ({ height: 1, width: values.length, values: Float64Array.from(values) });

test('equal maps do not vary, whatever their scale', () => {
  const found = variationOf([map([1, 2, 3, 4]), map([10, 20, 30, 40]), map([2, 4, 6, 8])]);
  expect(found.relativeDeviation).toBeCloseTo(0, 12);
  expect(found.rankCorrelation).toBeCloseTo(1, 12);
  expect(found.sharedTop).toBe(1);
});

test('two opposite maps vary as computed by hand', () => {
  const found = variationOf([map([1, 2, 3, 4]), map([4, 3, 2, 1])]);
  // Shares differ by 0.3, 0.1, 0.1, 0.3: variances d^2 / 2, their mean 0.025; the mean share is 1 / 4.
  expect(found.relativeDeviation).toBeCloseTo(4 * Math.sqrt(0.025), 12);
  expect(found.rankCorrelation).toBeCloseTo(-1, 12);
  expect(found.sharedTop).toBe(0);
});

test('a factor varies alone: what it is not stays at the first seed', () => {
  const trainings = planStudy({ batchSizes: [8, 64], factors: ['seed', 'initialisation', 'order'], repeats: 3 });
  expect(trainings).toHaveLength(2 * 3 * 3);
  const seeds = (factor: string): unknown => trainings.filter((training) => training.factor === factor && training.batchSize === 8).map(({ initialSeed, orderSeed }) => [initialSeed, orderSeed]);
  expect(seeds('seed')).toEqual([[0, 0], [1, 1], [2, 2]]);
  expect(seeds('initialisation')).toEqual([[0, 0], [1, 0], [2, 0]]);
  expect(seeds('order')).toEqual([[0, 0], [0, 1], [0, 2]]);
});
