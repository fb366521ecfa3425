import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import fc from 'fast-check';
import { collapseChannels } from './collapse.ts';
import { isCut, normaliseMap, sharedRange, type Sign } from './normalise.ts';

/** A map of one row. */
const row = (...values: number[]) => tensor([1, 1, 1, values.length], values);
const finite = fc.array(fc.float({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 });

test('sums the channels of either layout', () => {
  const planar = tensor([2, 3, 1, 2], [9, 9, 9, 9, 9, 9, 1, 2, 10, 20, 100, -200]);
  const interleaved = tensor([2, 1, 2, 3], [9, 9, 9, 9, 9, 9, 1, 10, 100, 2, 20, -200]);
  expect([...collapseChannels(planar, 'NCHW', 1).values]).toEqual([111, -178]);
  expect([...collapseChannels(interleaved, 'NHWC', 1).values]).toEqual([111, -178]);
});

test.each<[Sign, number[], number]>([
  ['all', [0.25, -0.5, 1, 0], 4],
  ['absolute', [0.25, 0.5, 1, 0], 4],
  ['positive', [0.25, 0, 1, 0], 4],
  ['negative', [0, 1, 0, 0], 2],
])('divides by the largest value of sign `%s` when no outliers are cut', (sign, values, range) => {
  const map = normaliseMap(row(1, -2, 4, 0), 'NCHW', 0, { sign, outlierPercentile: 0 });
  expect(map).toEqual({ height: 1, width: 4, values: Float64Array.from(values), range });
});

test('takes the threshold where the cumulative mass reaches its share', () => {
  // Magnitudes 1, 2, 3, 4, 10: cumulative 1, 3, 6, 10, 20. Half the mass, 10, is reached at 4; 45 % cut leaves 11, reached at 10.
  const values = row(4, -1, 10, 2, -3);
  expect([...normaliseMap(values, 'NCHW', 0, { outlierPercentile: 50 }).values]).toEqual([1, -0.25, 1, 0.5, -0.75]);
  expect(normaliseMap(values, 'NCHW', 0, { outlierPercentile: 45 }).range).toBe(10);
});

// Written straight from Captum's `_normalize_attr`: numpy's cumsum and the first index that reaches the percentage.
function captum(values: readonly number[], percentile: number): number[] {
  const sorted = values.map(Math.abs).sort((a, b) => a - b);
  const cumulative = sorted.map((_, i) => sorted.slice(0, i + 1).reduce((a, b) => a + b, 0));
  const total = cumulative[cumulative.length - 1]!;
  const threshold = sorted[cumulative.findIndex((sum) => sum >= total * 0.01 * (100 - percentile))]!;
  return values.map((value) => Math.max(-1, Math.min(1, value / threshold)));
}

test('agrees with Captum', () => {
  const values = Array.from({ length: 200 }, (_, i) => ((i * 7919) % 1009) / 100 - 4);
  const ours = normaliseMap(row(...values), 'NCHW', 0, { outlierPercentile: 2 });
  captum([...row(...values).data], 2).forEach((value, i) => expect(ours.values[i]).toBeCloseTo(value, 12));
});

test('keeps within -1 and 1, keeps signs, and does not depend on the unit', () => {
  fc.assert(
    fc.property(finite, (list) => {
      const { values } = normaliseMap(row(...list), 'NCHW', 0);
      const eighth = normaliseMap(row(...list.map((value) => value / 8)), 'NCHW', 0);
      values.forEach((value, i) => {
        expect(Math.abs(value)).toBeLessThanOrEqual(1);
        expect(Math.abs(Math.sign(value) - Math.sign(Math.fround(list[i]!)))).toBe(0);
      });
      // Values below the smallest normal float32 lose digits when divided.
      if (list.every((value) => value === 0 || Math.abs(value) > 1e-30)) expect(eighth.values).toEqual(values);
    }),
  );
});

test('leaves a map of zeros at zero, and shows a constant map in full colour', () => {
  expect(normaliseMap(row(0, 0, 0), 'NCHW', 0)).toMatchObject({ values: Float64Array.of(0, 0, 0), range: 0 });
  expect([...normaliseMap(row(-3, -3), 'NCHW', 0).values]).toEqual([-1, -1]);
  expect([...normaliseMap(row(-3, -3), 'NCHW', 0, { sign: 'positive' }).values]).toEqual([0, 0]);
});

test('uses the given range, so that panels compare', () => {
  const range = 8;
  expect([...normaliseMap(row(4, -16), 'NCHW', 0, { range }).values]).toEqual([0.5, -1]);
  expect([...normaliseMap(row(2, 1), 'NCHW', 0, { range }).values]).toEqual([0.25, 0.125]);
});

test('runs from a low end to the range, on either side of zero and for the sign that is shown', () => {
  expect([...normaliseMap(row(10, 11, 12, 14, 20), 'NCHW', 0, { low: 10, range: 14 }).values]).toEqual([0, 0.25, 0.5, 1, 1]);
  expect([...normaliseMap(row(-15, -13.5, -12, -20), 'NCHW', 0, { low: -15, range: -12 }).values]).toEqual([0, 0.5, 1, 0]);
  expect([...normaliseMap(row(-15, -13.5, -12), 'NCHW', 0, { sign: 'negative', low: 12, range: 15 }).values]).toEqual([1, 0.5, 0]);
});

test('says whether values lie beyond the ends', () => {
  const cut = (ends: { low?: number; range: number }, sign?: Sign): boolean => isCut({ values: row(-3, -2), layout: 'NCHW', sample: 0 }, ends, sign);
  expect([cut({ range: 3 }), cut({ range: 2.5 }), cut({ low: -3, range: -2 }), cut({ low: -2.5, range: -2 }), cut({ low: -3, range: -2.5 })]).toEqual([false, true, false, true, true]);
  expect([cut({ range: 1 }, 'positive'), cut({ range: 2.5 }, 'negative')]).toEqual([false, true]);
});

test.each([
  ['NaN', row(1, NaN), 0, {}, 'INPUT_NOT_FINITE'],
  ['an infinity', row(1, Infinity), 0, {}, 'INPUT_NOT_FINITE'],
  ['a sample that is not there', row(1), 1, {}, 'REQUEST_INVALID'],
  ['no mass at all', row(1), 0, { outlierPercentile: 100 }, 'OPTION_INVALID'],
  ['a negative range', row(1), 0, { range: -1 }, 'OPTION_INVALID'],
  ['a low end without a range', row(1), 0, { low: 0.5 }, 'OPTION_INVALID'],
  ['a low end that is not below the range', row(1), 0, { low: 1, range: 1 }, 'OPTION_INVALID'],
  ['a low end that is no number', row(1), 0, { low: NaN, range: 1 }, 'OPTION_INVALID'],
])('refuses %s', (_, values, sample, options, code) => {
  expect(() => normaliseMap(values, 'NCHW', sample, options)).toThrow(expect.objectContaining({ code }));
});

test('refuses values without height and width', () => {
  expect(() => normaliseMap(tensor([1, 3], [1, 2, 3]), 'NC', 0)).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
});

test('finds one range for several maps, that of all their values together', () => {
  const [a, b] = [row(1, -2, 3), row(4, 10)];
  const maps = [{ values: a, layout: 'NCHW', sample: 0 }, { values: b, layout: 'NCHW', sample: 0 }] as const;
  expect(sharedRange(maps, { outlierPercentile: 50 })).toBe(normaliseMap(row(1, -2, 3, 4, 10), 'NCHW', 0, { outlierPercentile: 50 }).range);
  expect(sharedRange(maps, { sign: 'negative', outlierPercentile: 0 })).toBe(2);
});
