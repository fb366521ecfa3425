import { expect, test } from '@jest/globals';
import { randomStream } from '../random/stream.ts';
import { convertLayout } from '../tensor/convert-layout.ts';
import { tensor } from '../tensor/tensor.ts';
import { superpixels } from './superpixels.ts';

const HEIGHT = 24;
const WIDTH = 36;
/** Two colours whose border runs aslant, with a little noise. */
const border = (p: number): boolean => p % WIDTH > 10 + Math.floor(p / WIDTH) / 2;
const { uniform } = randomStream(1, 'noise');
const image = Float32Array.from({ length: 3 * HEIGHT * WIDTH }, (_, i) => (border(i % (HEIGHT * WIDTH)) ? 5 : -3) + 0.2 * uniform());
const segments = superpixels(image, [1, 3, HEIGHT, WIDTH], 'NCHW', 12);

test('segments are numbered without gaps, about as many as asked for', () => {
  const labels = new Set(segments);
  expect([...labels].toSorted((a, b) => a - b)).toEqual(Array.from({ length: labels.size }, (_, i) => i));
  expect(labels.size).toBeGreaterThanOrEqual(8);
  expect(labels.size).toBeLessThanOrEqual(18);
});

test('no segment crosses a border between colours', () => {
  const sides = new Map<number, Set<boolean>>();
  segments.forEach((label, p) => { sides.set(label, (sides.get(label) ?? new Set()).add(border(p))); });
  for (const side of sides.values()) expect(side.size).toBe(1);
});

test('every segment is one piece', () => {
  const seen = new Set<number>();
  const visited = new Uint8Array(segments.length);
  for (let start = 0; start < segments.length; start++) {
    if (visited[start]) continue;
    expect(seen).not.toContain(segments[start]);
    seen.add(segments[start]!);
    const part = [start];
    visited[start] = 1;
    for (const p of part) {
      for (const q of [p % WIDTH > 0 ? p - 1 : -1, p % WIDTH < WIDTH - 1 ? p + 1 : -1, p - WIDTH, p + WIDTH]) {
        if (q < 0 || q >= segments.length || visited[q] || segments[q] !== segments[start]) continue;
        visited[q] = 1;
        part.push(q);
      }
    }
  }
});

test('neither layout nor scale of the image matters', () => {
  const shape = [1, 3, HEIGHT, WIDTH];
  const last = convertLayout(tensor(shape, image), 'NCHW', 'NHWC');
  expect(superpixels(last.data, last.shape, 'NHWC', 12)).toEqual(segments);
  const scaled = superpixels(image.map((value) => 4 * value), shape, 'NCHW', 12);
  expect(scaled).toEqual(segments);
});

test('a flat image gives a grid, one pixel one segment', () => {
  expect(new Set(superpixels(new Float32Array(16 * 16), [1, 1, 16, 16], 'NCHW', 16)).size).toBe(16);
  expect([...superpixels(Float32Array.of(3), [1, 1, 1, 1], 'NCHW', 5)]).toEqual([0]);
});
