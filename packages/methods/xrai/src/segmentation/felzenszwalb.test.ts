import { expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { felzenszwalb, pixelGraph } from './felzenszwalb.ts';
import { blurPicture, resizePicture, type Picture } from './picture.ts';
import { dilatedRegions, regionsOf, scaledPicture } from './regions.ts';

const picture = (height: number, width: number, at: (y: number, x: number) => number): Picture => ({
  height, width, channels: 1, values: Float64Array.from({ length: height * width }, (_, p) => at(Math.floor(p / width), p % width)),
});
const { uniform } = randomStream(3, 'noise');

test('an edge that is stronger than the noise on both sides parts two segments', () => {
  const halves = picture(12, 20, (_, x) => (x < 8 ? 0 : 1) + 0.01 * uniform());
  const segments = felzenszwalb(pixelGraph(halves), 5, 4);
  segments.forEach((segment, p) => { expect(segment).toBe(p % 20 < 8 ? 0 : 1); });
});

test('a steady slope is one segment, however far its ends are apart', () => {
  const slope = picture(10, 40, (_, x) => x / 40);
  expect(new Set(felzenszwalb(pixelGraph(slope), 100, 1)).size).toBe(1);
});

test('noise in a busy half does not cut it up as long as it is no stronger than within', () => {
  // Left flat, right a chessboard: its differences of 1 are internal to it, the flat half has none.
  const board = picture(16, 32, (y, x) => (x < 16 ? 0.5 : (x + y) % 2));
  const segments = felzenszwalb(pixelGraph(board), 300, 1);
  expect(new Set(Array.from(segments, (segment, p) => `${segment} ${p % 32 < 16 ? 'left' : 'right'}`)).size).toBeGreaterThanOrEqual(2);
  const left = new Set([...segments].filter((_, p) => p % 32 < 15));
  expect(left.size).toBe(1);
});

test('a larger scale makes fewer segments, and none is below the least size', () => {
  const noise = picture(30, 30, () => uniform());
  const graph = pixelGraph(noise);
  const counts = [5, 50, 500].map((scale) => new Set(felzenszwalb(graph, scale, 1)).size);
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  expect(counts[0]).toBeGreaterThan(counts[2]!);
  const sizes = new Map<number, number>();
  for (const segment of felzenszwalb(graph, 5, 20)) sizes.set(segment, (sizes.get(segment) ?? 0) + 1);
  for (const size of sizes.values()) expect(size).toBeGreaterThanOrEqual(20);
});

test('segments are in one piece and numbered in the order of their first pixels', () => {
  const segments = felzenszwalb(pixelGraph(picture(20, 20, () => uniform())), 20, 5);
  const firsts = [...new Set(segments)];
  expect(firsts).toEqual(firsts.map((_, i) => i));
  for (const segment of firsts) {
    const reached = new Set([segments.indexOf(segment)]);
    for (const p of reached) {
      for (const [dy, dx] of [[0, 1], [1, 0], [1, 1], [1, -1], [0, -1], [-1, 0], [-1, -1], [-1, 1]] as const) {
        const [y, x] = [Math.floor(p / 20) + dy, (p % 20) + dx];
        if (y >= 0 && y < 20 && x >= 0 && x < 20 && segments[y * 20 + x] === segment) reached.add(y * 20 + x);
      }
    }
    expect(reached.size).toBe([...segments].filter((other) => other === segment).length);
  }
});

test('resizing keeps planes, and shrinking averages what lies between', () => {
  const plane = picture(8, 8, (y, x) => 2 * y + x);
  const large = resizePicture(plane, 16, 16);
  // Away from the repeated edges a cubic convolution is exact on planes.
  expect(large.values[8 * 16 + 8]).toBeCloseTo(2 * 3.75 + 3.75, 10);
  const stripes = picture(32, 32, (_, x) => x % 2);
  const small = resizePicture(stripes, 4, 4);
  for (const value of small.values) expect(Math.abs(value - 0.5)).toBeLessThan(0.1);
});

test('blurring keeps constants and spreads a point like a Gaussian', () => {
  for (const value of blurPicture(picture(5, 7, () => 3), 0.8).values) expect(value).toBeCloseTo(3, 12);
  const point = blurPicture(picture(9, 9, (y, x) => (y === 4 && x === 4 ? 1 : 0)), 0.8).values;
  expect(point[4 * 9 + 5]! / point[4 * 9 + 4]!).toBeCloseTo(Math.exp(-1 / (2 * 0.64)), 10);
  expect(point.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
});

test('segments grow by a disk', () => {
  const numbers = Int32Array.from({ length: 81 }, (_, p) => (p === 40 ? 1 : 0));
  const [around, point] = dilatedRegions(numbers, 9, 9, 2);
  expect(point).toHaveLength(13);
  expect([...point ?? []]).toEqual([22, 30, 31, 32, 38, 39, 40, 41, 42, 48, 49, 50, 58]);
  expect(around).toHaveLength(81);
  expect(dilatedRegions(numbers, 9, 9, 0.7).map(({ length }) => length)).toEqual([80, 1]);
});

test('the regions of an image cover it at every scale, in both layouts, whatever the unit', () => {
  const image = Float32Array.from({ length: 3 * 20 * 16 }, () => uniform());
  const regions = regionsOf(image, [1, 3, 20, 16], 'NCHW');
  expect(new Set(regions.flatMap((region) => [...region])).size).toBe(320);
  expect(regions.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThanOrEqual(6 * 320);
  const last = Float32Array.from({ length: image.length }, (_, i) => 8 * image[(i % 3) * 320 + Math.floor(i / 3)]! - 4);
  expect(scaledPicture(last, [1, 20, 16, 3], 'NHWC').values.every((value, i) => Math.abs(value - scaledPicture(image, [1, 3, 20, 16], 'NCHW').values[i]!) < 1e-5)).toBe(true);
});

test('an image of one colour is one region at each scale', () => {
  expect(regionsOf(new Float32Array(48).fill(7), [1, 3, 4, 4], 'NCHW').map(({ length }) => length)).toEqual([16, 16, 16, 16, 16, 16]);
});
