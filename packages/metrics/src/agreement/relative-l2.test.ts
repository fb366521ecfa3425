import { expect, test } from '@jest/globals';
import { convertLayout, mapValues, randomStream, tensor, zeros } from '@pellucid/core';
import { relativeL2 } from './relative-l2.ts';

const { normal } = randomStream(0, 'maps');
const values = tensor([2, 3, 4, 5], Float32Array.from({ length: 120 }, normal));

test('equal maps are at 0, in any layout', () => {
  const other = { values: convertLayout(values, 'NCHW', 'NHWC'), layout: 'NHWC' as const };
  expect([...relativeL2({ values, layout: 'NCHW' }, other)]).toEqual([0, 0]);
});

test('the distance is relative to the larger map, and symmetric', () => {
  const a = { values: tensor([1, 1, 1, 2], [3, 4]), layout: 'NCHW' as const };
  const b = { values: tensor([1, 1, 1, 2], [0, 0]), layout: 'NCHW' as const };
  const c = { values: tensor([1, 1, 1, 2], [6, 8]), layout: 'NCHW' as const };
  expect(relativeL2(a, b)[0]).toBe(1);
  expect(relativeL2(b, a)[0]).toBe(1);
  expect(relativeL2(a, c)[0]).toBe(0.5);
  expect(relativeL2(c, a)[0]).toBe(0.5);
  expect(relativeL2(a, { ...a, values: mapValues(a.values, (value) => -value) })[0]).toBe(2);
});

test('two empty maps agree', () => {
  const empty = { values: zeros([1, 1, 2, 2]), layout: 'NCHW' as const };
  expect(relativeL2(empty, empty)[0]).toBe(0);
});

test('maps of other sizes are refused', () => {
  const other = { values: zeros([2, 3, 5, 4]), layout: 'NCHW' as const };
  expect(() => relativeL2({ values, layout: 'NCHW' }, other)).toThrow(/\[2, 3, 4, 5\].*\[2, 3, 5, 4\]/);
});
