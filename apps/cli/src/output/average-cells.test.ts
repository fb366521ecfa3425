import { expect, test } from '@jest/globals';
import { averageCells } from './average-cells.ts';

test('a cell holds the mean of its pixels, channels summed, in both layouts', () => {
  const planes = { shape: [1, 2, 2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60) };
  const points = { shape: [1, 2, 3, 2], data: Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60) };
  expect(averageCells(planes, 'NCHW', 2)).toEqual({ shape: [1, 1, 1, 2], data: Float32Array.of(33, 49.5) });
  expect(averageCells(points, 'NHWC', 2)).toEqual({ shape: [1, 1, 2, 1], data: Float32Array.of(33, 49.5) });
});

test('cells of one pixel leave a map of one channel as it is', () => {
  const map = { shape: [1, 1, 2, 2], data: Float32Array.of(1, -2, 3, -4) };
  expect(averageCells(map, 'NCHW', 1)).toEqual(map);
});
