import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import { describe } from './describe.ts';

const REGIONS = [
  'upper left', 'upper centre', 'upper right', 'middle left', 'centre', 'middle right', 'lower left', 'lower centre', 'lower right',
];

test.each(REGIONS.map((name, i) => [name, i] as const))('finds the mass in the %s', (name, region) => {
  const values = new Float32Array(36);
  values[(Math.floor(region / 3) * 2 + 1) * 6 + (region % 3) * 2] = 3;
  values[0]! += 1;
  expect(describe(tensor([1, 1, 6, 6], values), 'NCHW', 0)).toBe(
    `Attribution map of 6 x 6 values from 0 to 3: ${region === 0 ? 100 : 75} % of the positive mass lies in the ${name}.`,
  );
});

test('speaks of negative mass only where there is no other', () => {
  expect(describe(tensor([1, 1, 1, 2], [-0.123, -4]), 'NCHW', 0)).toBe(
    'Attribution map of 1 x 2 values from -4 to -0.12: 97 % of the negative mass lies in the middle right.',
  );
  expect(describe(tensor([1, 1, 1, 2], [1, -4]), 'NCHW', 0)).toMatch(/100 % of the positive mass lies in the middle left/);
});

test('says that a map is zero', () => {
  expect(describe(tensor([1, 1, 1, 2], [0, 0]), 'NCHW', 0)).toBe('Attribution map of 1 x 2 values: every value is zero.');
});

test('refuses NaN', () => {
  expect(() => describe(tensor([1, 1, 1, 1], [NaN]), 'NCHW', 0)).toThrow(expect.objectContaining({ code: 'INPUT_NOT_FINITE' }));
});
