import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import fc from 'fast-check';
import type { MapSample } from './normalise.ts';
import { proposeEnds, type ProposedEnds } from './propose-ends.ts';

/** A map of one row. */
const row = (...values: number[]): MapSample => ({ values: tensor([1, 1, 1, values.length], values), layout: 'NCHW', sample: 0 });
const whole = (...maps: readonly MapSample[]): ProposedEnds | undefined => proposeEnds(maps, { outlierPercentile: 0 });

test('maps far from zero run from their least to their greatest value, on either side', () => {
  expect(whole(row(12, 15, 13))).toEqual({ low: 12, range: 15 });
  expect(whole(row(-12, -15, -13))).toEqual({ low: -15, range: -12 });
});

test('the sign that is shown decides the side', () => {
  const map = row(-12, -15);
  expect(proposeEnds([map], { sign: 'negative', outlierPercentile: 0 })).toEqual({ low: 12, range: 15 });
  expect(proposeEnds([map], { sign: 'absolute', outlierPercentile: 0 })).toEqual({ low: 12, range: 15 });
  expect(proposeEnds([map], { sign: 'positive' })).toBeUndefined();
});

test.each([
  ['begins at less than half of its largest magnitude', row(1, 2)],
  ['crosses zero', row(-1, 20, 21)],
  ['touches zero', row(0, 20, 21)],
  ['is constant', row(-3, -3, -3)],
  ['is zero', row(0, 0)],
  ['is constant up to rounding', row(3, 3 + 3e-7, 3)],
])('colours begin at zero where a map %s', (_, map) => {
  expect(whole(map)).toBeUndefined();
});

test('cuts the outliers on either side by their share of the mass', () => {
  // 2 % of the mass, 2099, are reached at the third value from below, 1000 + 1001 + 1002; 98 % at the last but one, as the two largest hold 2197.
  const values = Array.from({ length: 100 }, (_, i) => 1000 + i);
  expect(proposeEnds([row(...values)])).toEqual({ low: 1002, range: 1098 });
  expect(proposeEnds([row(...values.map((value) => -value))])).toEqual({ low: -1098, range: -1002 });
});

test('several maps share the least low end and the greatest high one, if all are far from zero on one side', () => {
  expect(whole(row(12, 15), row(3, 5), row(4, 4))).toEqual({ low: 3, range: 15 });
  expect(whole(row(3, 3), row(4, 4))).toEqual({ low: 3, range: 4 });
  expect(whole(row(12, 15), row(1, 5))).toBeUndefined();
  expect(whole(row(12, 15), row(-15, -12))).toBeUndefined();
  expect(proposeEnds([])).toBeUndefined();
});

test('does not depend on the unit, and is the mirror image of itself on the other side of zero', () => {
  const list = fc.array(fc.float({ min: 1, max: 4, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(list, (values) => {
    const ends = proposeEnds([row(...values)]);
    expect(proposeEnds([row(...values.map((value) => value / 8))])).toEqual(ends && { low: ends.low / 8, range: ends.range / 8 });
    expect(proposeEnds([row(...values.map((value) => -value))])).toEqual(ends && { low: -ends.range, range: -ends.low });
    if (ends !== undefined) expect(ends.low).toBeGreaterThan(ends.range / 2);
  }));
});

test.each([
  ['NaN', row(12, NaN), {}, 'INPUT_NOT_FINITE'],
  ['no mass at all', row(12, 13), { outlierPercentile: 100 }, 'OPTION_INVALID'],
])('refuses %s', (_, map, options, code) => {
  expect(() => proposeEnds([map], options)).toThrow(expect.objectContaining({ code }));
});
