import { expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { bootstrapMean } from './bootstrap.ts';
import { bootstrapMeans } from './bootstrap-means.ts';

test('one measurement has the mean and interval of `bootstrapMean`', () => {
  const scores = [1, 2, 4, 8, 16.5];
  const { value, ci95 } = bootstrapMean(scores, 3);
  const { mean: [mean], low: [low], high: [high] } = bootstrapMeans(scores.map((score) => [score]), 3, 2000);
  expect([mean, low, high]).toEqual([expect.closeTo(value, 12), expect.closeTo(ci95[0], 12), expect.closeTo(ci95[1], 12)]);
});

test('measurements of the same samples share their draws: a multiple has the multiple of the interval', () => {
  const { normal } = randomStream(1, 'scores');
  const scores = Array.from({ length: 20 }, () => normal());
  const { low, high } = bootstrapMeans(scores.map((score) => [score, 2 * score]), 0, 500);
  expect([low[1], high[1]]).toEqual([2 * low[0]!, 2 * high[0]!]);
});
