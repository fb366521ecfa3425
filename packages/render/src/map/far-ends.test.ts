import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import fc from 'fast-check';
import { areFarFromZero, farEnds } from './far-ends.ts';
import type { MapSample } from './normalise.ts';

/** A map of one row. */
const row = (...values: number[]): MapSample => ({ values: tensor([1, 1, 1, values.length], values), layout: 'NCHW', sample: 0 });

test('maps far from zero run from their least to their greatest value, on either side', () => {
  for (const [map, low, range] of [[row(12, 15, 13), 12, 15], [row(-12, -15, -13), -15, -12]] as const) {
    expect(areFarFromZero([map])).toBe(true);
    expect(farEnds([map])).toEqual({ low, range });
  }
});

test('the sign that is shown decides the side', () => {
  const map = row(-12, -15);
  for (const sign of ['negative', 'absolute'] as const) {
    expect(areFarFromZero([map], { sign })).toBe(true);
    expect(farEnds([map], { sign })).toEqual({ low: 12, range: 15 });
  }
  expect(areFarFromZero([map], { sign: 'positive' })).toBe(false);
  expect(farEnds([map], { sign: 'positive' })).toBeUndefined();
});

test.each([
  ['begins at less than half of its largest magnitude', row(1, 2)],
  ['crosses zero', row(-20, 20, 21)],
  ['crosses zero with one outlier', row(-1, ...Array.from({ length: 200 }, (_, i) => 200 + i / 10))],
  ['touches zero', row(0, 20, 21)],
  ['is constant', row(-3, -3, -3)],
  ['is constant up to rounding', row(3, 3 + 3e-7, 3)],
  ['is zero', row(0, 0)],
])('a map is not far from zero that %s', (_, map) => {
  expect(areFarFromZero([map])).toBe(false);
});

test('most of the maps decide for all, constant ones not asked', () => {
  const [far, farBelow, crossing, constant] = [row(12, 15), row(-15, -12), row(-1, 2), row(4, 4)];
  expect(areFarFromZero([far, farBelow, crossing])).toBe(true);
  expect(areFarFromZero([far, crossing])).toBe(false);
  expect(areFarFromZero([far, constant, constant, constant])).toBe(true);
  expect(areFarFromZero([constant, constant])).toBe(false);
  expect(areFarFromZero([])).toBe(false);
  // One that crosses zero is drawn as the others are.
  expect(farEnds([crossing])).toEqual({ low: -1, range: 2 });
});

test('several maps share the least low end and the greatest high one, on one side of zero alone', () => {
  expect(farEnds([row(12, 15), row(3, 5), row(4, 4)])).toEqual({ low: 3, range: 15 });
  expect(farEnds([row(-12, -15), row(-3, -5)])).toEqual({ low: -15, range: -3 });
  expect(farEnds([row(12, 15), row(-15, -12)])).toBeUndefined();
  expect(farEnds([row(12, 15), row(-1, 2)])).toBeUndefined();
  expect(farEnds([row(3, 3)])).toBeUndefined();
  expect(farEnds([])).toBeUndefined();
});

test('leaves out the outliers at either end', () => {
  const map = row(...Array.from({ length: 101 }, (_, i) => 1000 + i));
  expect(farEnds([map])).toEqual({ low: 1002, range: 1098 });
  expect(farEnds([map], { outlierPercentile: 0 })).toEqual({ low: 1000, range: 1100 });
  expect(farEnds([map], { outlierPercentile: 99 })).toBeUndefined();
});

test('does not depend on the unit, and is its own mirror image on the other side of zero', () => {
  const list = fc.array(fc.float({ min: 1, max: 4, noNaN: true }), { minLength: 1, maxLength: 130 });
  fc.assert(fc.property(list, (values) => {
    const [map, eighth, mirrored] = [row(...values), row(...values.map((value) => value / 8)), row(...values.map((value) => -value))];
    expect([areFarFromZero([eighth]), areFarFromZero([mirrored])]).toEqual([areFarFromZero([map]), areFarFromZero([map])]);
    const ends = farEnds([map]);
    expect(farEnds([eighth])).toEqual(ends && { low: ends.low / 8, range: ends.range / 8 });
    expect(farEnds([mirrored])).toEqual(ends && { low: -ends.range, range: -ends.low });
  }));
});

test.each([
  ['NaN', row(12, NaN), {}, 'INPUT_NOT_FINITE'],
  ['no mass at all', row(12, 13), { outlierPercentile: 100 }, 'OPTION_INVALID'],
])('refuses %s', (_, map, options, code) => {
  expect(() => areFarFromZero([map], options)).toThrow(expect.objectContaining({ code }));
  expect(() => farEnds([map], options)).toThrow(expect.objectContaining({ code }));
});
