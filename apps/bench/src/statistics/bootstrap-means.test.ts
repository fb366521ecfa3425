import { expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { bootstrapMeans } from './bootstrap-means.ts';

const intervalOf = (scores: readonly number[], seed: number): readonly number[] => {
  const { mean, low, high } = bootstrapMeans(scores.map((score) => [score]), seed, 2000);
  return [mean[0]!, low[0]!, high[0]!];
};

test('equal scores have an interval of no width, and one score is its own interval', () => {
  expect(intervalOf([0.5, 0.5, 0.5], 0)).toEqual([0.5, 0.5, 0.5]);
  expect(intervalOf([3], 0)).toEqual([3, 3, 3]);
});

test('the same scores and seed give the same interval, another seed another one', () => {
  const scores = [1, 2, 4, 8, 16.5, 33, 70, 141];
  expect(intervalOf(scores, 1)).toEqual(intervalOf(scores, 1));
  expect(intervalOf(scores, 1)).not.toEqual(intervalOf(scores, 2));
});

test('the interval of many normal scores is that of the standard error', () => {
  const { normal } = randomStream(3, 'scores');
  const [value = NaN, low = NaN, high = NaN] = intervalOf(Array.from({ length: 400 }, () => 10 + 2 * normal()), 0);
  // The standard error is 2 / sqrt(400) = 0.1; the sample's own deviation is within 10 % of 2.
  expect(high - low).toBeGreaterThan(2 * 1.96 * 0.1 * 0.85);
  expect(high - low).toBeLessThan(2 * 1.96 * 0.1 * 1.15);
  expect(low).toBeLessThan(value);
  expect(high).toBeGreaterThan(value);
});

test('measurements of the same samples share their draws: a multiple has the multiple of the interval', () => {
  const { normal } = randomStream(1, 'scores');
  const scores = Array.from({ length: 20 }, () => normal());
  const { low, high } = bootstrapMeans(scores.map((score) => [score, 2 * score]), 0, 500);
  expect([low[1], high[1]]).toEqual([2 * low[0]!, 2 * high[0]!]);
});
