import { expect, test } from '@jest/globals';
import { groupInputs, type CountedInput } from './group-inputs.ts';

const input = (stem: string, samples: number): CountedInput => ({ file: { path: stem, shown: stem, stem, kind: 'array' }, samples });
const grouped = (counts: readonly number[], most: number): number[][] =>
  groupInputs(counts.map((samples, i) => input(String(i), samples)), most).map((group) => group.map(({ samples }) => samples));

test('groups hold as many samples as allowed and keep the order', () => {
  expect(grouped([1, 1, 1, 1, 1], 2)).toEqual([[1, 1], [1, 1], [1]]);
  expect(grouped([3, 2, 2, 1], 4)).toEqual([[3], [2, 2], [1]]);
});

test('an input with more samples than allowed is a group by itself', () => {
  expect(grouped([1, 9, 1, 1], 4)).toEqual([[1], [9], [1, 1]]);
});

test('no limit gives one group', () => {
  expect(grouped([5, 6, 7], Infinity)).toEqual([[5, 6, 7]]);
});
