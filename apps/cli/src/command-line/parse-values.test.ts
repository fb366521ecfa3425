import { expect, test } from '@jest/globals';
import { parseJsonObject, parsePercentage, parsePositive, parseSamples, parseSeed, parseTarget } from './parse-values.ts';

test('targets are the predicted class or indices', () => {
  expect(parseTarget('predicted')).toBe('predicted');
  expect(parseTarget('281')).toEqual([281]);
  expect(parseTarget('281, 207,3')).toEqual([281, 207, 3]);
  for (const text of ['', 'cat', '-1', '1.5', '1,,2', '1e3']) expect(() => parseTarget(text)).toThrow('no class index');
});

test('a seed is a whole number that keeps every digit', () => {
  expect(parseSeed('0')).toBe(0);
  for (const text of ['-1', '1.5', 'x', '99999999999999999999']) expect(() => parseSeed(text)).toThrow('no seed');
});

test('ranges lie above zero, outliers below 100 percent, samples are counted from 0', () => {
  expect(parsePositive('--range')('2.5e-3')).toBe(0.0025);
  for (const text of ['0', '-1', '', 'x', 'Infinity']) expect(() => parsePositive('--range')(text)).toThrow(/`--range`.*no number above 0/);
  expect([parsePercentage('0'), parsePercentage('99.5')]).toEqual([0, 99.5]);
  for (const text of ['100', '-1', '', 'x']) expect(() => parsePercentage(text)).toThrow('no percentage');
  expect(parseSamples('0, 3')).toEqual([0, 3]);
  for (const text of ['', '-1', '1,,2']) expect(() => parseSamples(text)).toThrow('no sample');
});

test('options are one JSON object', () => {
  expect(parseJsonObject('{"steps":5}', 'of `--options`', 'Give one object.')).toEqual({ steps: 5 });
  expect(() => parseJsonObject('{steps:5}', 'of `--options`', 'Give one object.')).toThrow(/`--options`: it is not JSON/);
  for (const text of ['[1]', '5', 'null', '"x"']) expect(() => parseJsonObject(text, 'here', 'Give one object.')).toThrow('not an object');
});
