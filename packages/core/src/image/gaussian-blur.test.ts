import { expect, test } from '@jest/globals';
import { convertLayout } from '../tensor/convert-layout.ts';
import { tensor } from '../tensor/tensor.ts';
import { gaussianBlur } from './gaussian-blur.ts';

const noise = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1)) * 3);

test('spreads a point as the product of two Gaussians', () => {
  const point = new Float32Array(81);
  point[40] = 1;
  const { data } = gaussianBlur(tensor([1, 1, 9, 9], point), 'NCHW', 0.7);
  const g = (d: number): number => Math.exp(-(d * d) / (2 * 0.49));
  const sum = [-3, -2, -1, 0, 1, 2, 3].reduce((total, d) => total + g(d), 0);
  for (const [dy, dx] of [[0, 0], [0, 1], [1, 1], [2, -1], [-3, 3]] as const) {
    expect(data[(4 + dy) * 9 + 4 + dx]).toBeCloseTo((g(dy) * g(dx)) / sum ** 2, 6);
  }
});

test('keeps a constant image, also where the kernel is far wider than the image', () => {
  for (const sigma of [0.3, 2, 50]) {
    for (const value of gaussianBlur(tensor([1, 2, 3, 1], new Float32Array(6).fill(5)), 'NCHW', sigma).data) expect(value).toBeCloseTo(5, 5);
  }
});

test('mirrors the edges without repeating them', () => {
  // Kernel (a, b, a): the first value sees its right neighbour on both sides.
  const a = Math.exp(-0.5) / (1 + 2 * Math.exp(-0.5));
  const { data } = gaussianBlur(tensor([1, 1, 1, 3], [1, 10, 100]), 'NCHW', 1, 3);
  expect(data[0]).toBeCloseTo((1 - 2 * a) * 1 + 2 * a * 10, 4);
  expect(data[2]).toBeCloseTo((1 - 2 * a) * 100 + 2 * a * 10, 4);
});

test('blurs every channel of every sample by itself, in both layouts', () => {
  const images = tensor([2, 3, 4, 5], noise(120));
  const blurred = gaussianBlur(images, 'NCHW', 1.3);
  const last = gaussianBlur(convertLayout(images, 'NCHW', 'NHWC'), 'NHWC', 1.3);
  expect(convertLayout(last, 'NHWC', 'NCHW')).toEqual(blurred);
  const second = gaussianBlur(tensor([1, 1, 4, 5], images.data.subarray(80, 100)), 'NCHW', 1.3);
  expect([...blurred.data.subarray(80, 100)]).toEqual([...second.data]);
});

test('refuses what has no height and width', () => {
  expect(() => gaussianBlur(tensor([1, 3], [1, 2, 3]), 'NC', 1)).toThrow(/height and width/);
});
