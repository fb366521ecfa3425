import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import { DIVERGING_SCALES, SEQUENTIAL_SCALES } from '../colour/scales.ts';
import { describe, type DescribeOptions } from './describe.ts';

const REGIONS = [
  'upper left', 'upper centre', 'upper right', 'middle left', 'centre', 'middle right', 'lower left', 'lower centre', 'lower right',
];

test.each(REGIONS.map((name, i) => [name, i] as const))('finds the mass in the %s', (name, region) => {
  const values = new Float32Array(36);
  const [y, x] = [Math.floor(region / 3) * 2 + 1, (region % 3) * 2];
  values[y * 6 + x] = 3;
  values[0]! += 1;
  expect(describe(tensor([1, 1, 6, 6], values), 'NCHW', 0)).toBe(
    `Attribution map of 6 x 6 values from 0 to 3: ${region === 0 ? 100 : 75} % of the positive mass lies in the ${name}; ` +
      `the strongest value, 3, is at row ${y + 1}, column ${x + 1}. No value is negative. ` +
      'Colours run from blue at -3 over nearly white at 0 to red at 3.',
  );
});

test('says where either sign lies, how they share the mass, and what the colours mean', () => {
  expect(describe(tensor([1, 1, 1, 2], [1, -4]), 'NCHW', 0, { sign: 'absolute', range: 8, subject: 'Saliency map' })).toBe(
    'Saliency map of 1 x 2 values from -4 to 1: 100 % of the positive mass lies in the middle left, 100 % of the negative mass lies in the ' +
      'middle right; the strongest value, -4, is at row 1, column 2. 20 % of all mass is positive. Colours show the size of values, ' +
      'from dark violet at 0 to yellow at 8.',
  );
  expect(describe(tensor([1, 1, 1, 2], [-0.123, -4]), 'NCHW', 0)).toMatch(/^.* from -4 to -0\.12: 97 % of the negative mass .* No value is positive\. /);
});

test('says of colours with a low end where they begin, and what is higher', () => {
  const map = tensor([1, 1, 1, 3], [-15, -14.2, -12]);
  expect(describe(map, 'NCHW', 0, { low: -15, range: -12 })).toBe(
    'Attribution map of 1 x 3 values from -15 to -12: 79 % of the mass above -15 lies in the middle right; the highest value, -12, is at row 1, column 3. ' +
      'Colours run from dark violet at -15, not at 0, to yellow at -12.',
  );
  expect(describe(map, 'NCHW', 0, { sign: 'negative', scale: 'inferno', low: 12, range: 15 })).toMatch(
    /the highest value, -15, is at row 1, column 1\. Colours show the size of negative values, from black at 12, not at 0, to pale yellow at 15\.$/,
  );
  expect(describe(map, 'NCHW', 0, { low: 1, range: 2 })).toMatch(/^Attribution map of 1 x 3 values from -15 to -12: the highest value/);
});

test('speaks of no colours where the view shows none', () => {
  const last = (options: DescribeOptions): string | undefined => describe(tensor([1, 1, 1, 2], [1, -4]), 'NCHW', 0, options).split('. ').at(-1);
  expect(last({ view: 'original' })).toBe('The image is shown without the map.');
  expect(last({ view: 'masked-image' })).toBe('The image shows positive values: black at 0, as it is from 1 on.');
  expect(last({ view: 'alpha-scaling', sign: 'negative' })).toBe('The image shows the size of negative values: transparent at 0, as it is from 4 on.');
  expect(last({ view: 'masked-image', low: -4, range: 1 })).toBe('The image shows values: black at -4, as it is from 1 on.');
  for (const view of ['heat-map', 'blended-heat-map'] as const) expect(last({ view })).toBe(last({}));
});

test('has words for every scale', () => {
  const map = tensor([1, 1, 1, 1], [1]);
  for (const scale of DIVERGING_SCALES) expect(describe(map, 'NCHW', 0, { scale })).toMatch(/Colours run from [a-z -]+ at -1/);
  for (const scale of SEQUENTIAL_SCALES) expect(describe(map, 'NCHW', 0, { sign: 'positive', scale })).toMatch(/from [a-z ]+ at 0 to [a-z ]+ at 1\.$/);
});

test('says that a map is zero', () => {
  expect(describe(tensor([1, 1, 1, 2], [0, 0]), 'NCHW', 0)).toBe('Attribution map of 1 x 2 values: every value is zero.');
});

test('says that a map is constant, up to the rounding of float32', () => {
  const text = 'Attribution map of 1 x 2 values: every value is -0.3. Colours run from blue at -0.3 over nearly white at 0 to red at 0.3.';
  for (const values of [[-0.3, -0.3], [-0.3, -0.3 - 3e-8]]) expect(describe(tensor([1, 1, 1, 2], values), 'NCHW', 0)).toBe(text);
});

test('refuses NaN', () => {
  expect(() => describe(tensor([1, 1, 1, 1], [NaN]), 'NCHW', 0)).toThrow(expect.objectContaining({ code: 'INPUT_NOT_FINITE' }));
});
