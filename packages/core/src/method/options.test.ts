import { expect, test } from '@jest/globals';
import { choiceOption, flagOption, integerOption, layerOption, numberOption, resolveOptions, sizeOption, type OptionSpec, type OptionSpecs } from './options.ts';

interface Options {
  readonly steps: number;
  readonly upsample: 'bilinear' | false;
}
const specs: OptionSpecs<Options> = {
  steps: integerOption(50, 1, 'How many.'),
  upsample: choiceOption(['bilinear', false], 'bilinear', 'How.'),
};
const resolve = (given: object): Options => resolveOptions<Options>('method', specs, given);

test('fills in defaults, for options given as undefined too', () => {
  expect(resolve({})).toEqual({ steps: 50, upsample: 'bilinear' });
  expect(resolve({ steps: undefined })).toEqual({ steps: 50, upsample: 'bilinear' });
});

test('false and 0 are values, not gaps', () => {
  expect(resolve({ upsample: false }).upsample).toBe(false);
  expect(() => resolve({ steps: 0 })).toThrow('Cannot use option `steps` of `method`: expected integer >= 1, got 0.');
});

test('null, as JSON has it, is refused instead of taken for the default', () => {
  expect(() => resolve({ steps: null })).toThrow(/got null/);
});

test('names the nearest option for an unknown one', () => {
  expect(() => resolve({ step: 3 })).toThrow(/`step`.*`steps`/);
});

test('bounds are told where there are any', () => {
  const typeOf = (least: number, most: number): string => numberOption(0, least, most, '').type;
  expect([typeOf(-1, 1), typeOf(0, Number.MAX_VALUE), typeOf(-Number.MAX_VALUE, Number.MAX_VALUE)]).toEqual(['number from -1 to 1', 'number >= 0', 'number']);
});

test.each<[OptionSpec<unknown>, unknown[], unknown[]]>([
  [flagOption(false, ''), [true, false], ['true', 1, null]],
  [integerOption(1, 1, ''), [1, 1e6], [0, 1.5, NaN, Infinity, '2']],
  [numberOption(0, -1, 1, ''), [-1, 0.5, 1], [1.01, -2, NaN, '0']],
  [choiceOption(['a', 'b', false], 'a', ''), ['a', 'b', false], ['c', true, 0]],
  [layerOption(''), ['conv1', undefined], ['', 3, null]],
  [sizeOption([1, 1], ''), [[1, 2], [7, 7]], [[1], [1, 2, 3], [0, 1], [1.5, 2], 3, null]],
])('option %# accepts what it says', (spec, good, bad) => {
  for (const value of good) expect(spec.accepts(value)).toBe(true);
  for (const value of bad) expect(spec.accepts(value)).toBe(false);
});
