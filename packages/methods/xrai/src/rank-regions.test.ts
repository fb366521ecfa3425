import { expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { rankFast, rankFull, type Ranking } from './rank-regions.ts';

const ranking = (attribution: readonly number[], regions: readonly (readonly number[])[], leastPixels = 1): Ranking =>
  ({ attribution: Float64Array.from(attribution), regions: regions.map((region) => Int32Array.from(region)), leastPixels });

test('full weighs what regions still add, fast what they hold', () => {
  // Regions A = {0, 1, 2}, B = {1, 2, 3}, C = {4, 5}; means 6, 5 and 4.5. Once A is covered B adds only pixel 3, of 1.
  const given = ranking([4, 7, 7, 1, 4, 5], [[0, 1, 2], [1, 2, 3], [4, 5]]);
  expect([...rankFull(given, 1)]).toEqual([6, 6, 6, 1, 4.5, 4.5]);
  expect([...rankFast(given)]).toEqual([6, 6, 6, 1, 4.5, 4.5]);
  // D = {3, 4, 5, 6} beats B = {2, 3} only as long as 3 is not covered.
  const other = ranking([0, 0, 9, 7, 1, 1, 1], [[2, 3], [3, 4, 5, 6], [0, 1, 6]]);
  expect([...rankFull(other, 1)]).toEqual([0, 0, 8, 8, 1, 1, 1]);
  const overlap = ranking([8, 8, 0, 3], [[0, 1], [1, 2, 0], [3]]);
  expect([...rankFull(overlap, 0.5)]).toEqual([8, 8, 0, 3]);
});

test('a region that would add too few pixels is left out, and what is left shares its mean', () => {
  expect([...rankFull(ranking([5, 5, 4, 0, 2], [[0, 1], [2]], 2), 1)]).toEqual([5, 5, 2, 2, 2]);
  expect([...rankFast(ranking([5, 5, 4, 0, 2], [[0, 1], [2]], 2))]).toEqual([5, 5, 2, 2, 2]);
});

test('full ends when more than the threshold is covered', () => {
  const given = ranking([9, 8, 3, 1], [[0], [1], [2], [3]]);
  expect([...rankFull(given, 0)]).toEqual([9, 4, 4, 4]);
  expect([...rankFull(given, 0.25)]).toEqual([9, 8, 2, 2]);
});

/** The definition in plain words: every mean anew at every step. */
function slowFull({ attribution, regions, leastPixels }: Ranking): number[] {
  const map = new Array<number>(attribution.length).fill(NaN);
  const mean = (pixels: readonly number[]): number => pixels.reduce((sum, p) => sum + attribution[p]!, 0) / pixels.length;
  for (;;) {
    const open = regions.map((region) => [...region].filter((p) => Number.isNaN(map[p]))).filter((pixels) => pixels.length >= leastPixels);
    if (open.length === 0) break;
    const best = open.reduce((a, b) => (mean(b) > mean(a) ? b : a));
    const value = mean(best);
    for (const p of best) map[p] = value;
  }
  const rest = [...map.keys()].filter((p) => Number.isNaN(map[p]));
  const value = mean(rest);
  for (const p of rest) map[p] = value;
  return map;
}

test('is what the definition gives on random regions, and sums to the attribution', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { normal, uniform } = randomStream(seed, 'regions');
    const attribution = Array.from({ length: 60 }, normal);
    const regions = Array.from({ length: 15 }, () => attribution.map((_, p) => p).filter(() => uniform() < 0.2));
    const given = ranking(attribution, regions, 3);
    const total = attribution.reduce((a, b) => a + b, 0);
    const full = rankFull(given, 1);
    slowFull(given).forEach((value, p) => { expect(full[p]).toBeCloseTo(value, 10); });
    for (const map of [full, rankFast(given)]) expect(map.reduce((a, b) => a + b, 0)).toBeCloseTo(total, 10);
  }
});
