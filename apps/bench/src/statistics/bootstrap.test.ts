import { expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { bootstrapMean } from './bootstrap.ts';

test('equal scores have an interval of no width', () => {
  expect(bootstrapMean([0.5, 0.5, 0.5], 0)).toEqual({ value: 0.5, ci95: [0.5, 0.5] });
});

test('one score is its own interval', () => {
  expect(bootstrapMean([3], 0)).toEqual({ value: 3, ci95: [3, 3] });
});

test('the same scores and seed give the same interval, another seed another one', () => {
  const scores = [1, 2, 4, 8, 16];
  expect(bootstrapMean(scores, 1)).toEqual(bootstrapMean(scores, 1));
  expect(bootstrapMean(scores, 1).ci95).not.toEqual(bootstrapMean(scores, 2).ci95);
});

test('the interval of many normal scores is that of the standard error', () => {
  const { normal } = randomStream(3, 'scores');
  const scores = Array.from({ length: 400 }, () => 10 + 2 * normal());
  const { value, ci95: [low, high] } = bootstrapMean(scores, 0);
  // The standard error is 2 / sqrt(400) = 0.1; the sample's own deviation is within 10 % of 2.
  expect(high - low).toBeGreaterThan(2 * 1.96 * 0.1 * 0.85);
  expect(high - low).toBeLessThan(2 * 1.96 * 0.1 * 1.15);
  expect(low).toBeLessThan(value);
  expect(high).toBeGreaterThan(value);
});
