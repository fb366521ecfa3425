import { expect, test } from '@jest/globals';
import { type Metric } from '@pellucid/core';
import { linearSubject } from '../../test/linear-subject.ts';
import { effectiveComplexity } from './effective-complexity.ts';
import { entropy } from './entropy.ts';
import { sparseness } from './sparseness.ts';

const scoreOf = async (metric: Metric, map: readonly number[]): Promise<number> => (await metric.score(linearSubject(2, 2, map), { seed: 0 }))[0]!;

test('one pixel is the simplest map, equal pixels the least simple; zeros count as equal', async () => {
  const one = [0, -3, 0, 0];
  expect(await scoreOf(sparseness(), one)).toBeCloseTo(3 / 4, 12);
  expect(await scoreOf(entropy(), one)).toBeCloseTo(0, 12);
  expect(await scoreOf(effectiveComplexity(), one)).toBe(1);
  for (const value of [0, -2, 5]) {
    const equal = new Array<number>(4).fill(value);
    expect(await scoreOf(sparseness(), equal)).toBeCloseTo(0, 12);
    expect(await scoreOf(entropy(), equal)).toBeCloseTo(Math.log(4), 12);
    expect(await scoreOf(effectiveComplexity(), equal)).toBe(value === 0 ? 0 : 4);
  }
});

test('signs, scale and order of the pixels do not matter', async () => {
  for (const metric of [sparseness(), entropy(), effectiveComplexity()]) {
    expect(await scoreOf(metric, [2, -6, 8, -4])).toBeCloseTo(await scoreOf(metric, [4, 1, 3, 2]), 12);
  }
});

test('values by hand', async () => {
  expect(await scoreOf(sparseness(), [1, 2, 3, 4])).toBeCloseTo((-3 - 2 + 3 + 12) / 40, 12);
  expect(await scoreOf(entropy(), [1, 1, 2, 0])).toBeCloseTo(1.5 * Math.log(2), 12);
  expect(await scoreOf(effectiveComplexity({ threshold: 0.25 }), [1, 2, 3, 4])).toBe(3);
});
