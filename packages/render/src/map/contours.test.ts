import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import { contourLines } from './contours.ts';

const SIZE = 41;
/** A cone with its top in the middle: at half its height the contour is a circle of half its radius. */
const cone = (sign = 1) => tensor([1, 1, SIZE, SIZE], Array.from({ length: SIZE * SIZE }, (_, i) => {
  const [x, y] = [(i % SIZE) - 20, Math.floor(i / SIZE) - 20];
  return sign * Math.max(0, 16 - Math.hypot(x, y));
}));

test('the contours of a cone are circles around its top', () => {
  const contours = contourLines(cone(), 'NCHW', 0, { levels: [0.25, 0.75], outlierPercentile: 0 });
  expect(contours.map(({ level }) => level)).toEqual([0.25, 0.75]);
  for (const { level, lines } of contours) {
    expect(lines).toHaveLength(1);
    const [line] = lines;
    expect(line?.[0]).toEqual(line?.at(-1));
    // Straight lines between pixels bend the cone by less than a tenth of a pixel.
    for (const [x, y] of line ?? []) expect(Math.abs(Math.hypot(x - 20.5, y - 20.5) - 16 * (1 - level))).toBeLessThan(0.1);
  }
});

test('lines around negative values are dashed, and only drawn where the sign is', () => {
  const [negative, ...others] = contourLines(cone(-1), 'NCHW', 0, { levels: [0.5], outlierPercentile: 0, dash: 3 });
  expect(others).toEqual([]);
  expect(negative?.level).toBe(-0.5);
  const length = (line: readonly (readonly [number, number])[]): number =>
    line.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - line[i]![0], y - line[i]![1]), 0);
  const lengths = negative?.lines.map(length) ?? [];
  for (const dash of lengths.slice(0, -1)) expect(dash).toBeCloseTo(3, 6);
  // Dashes and spaces share the circle of radius 8.
  expect(lengths.reduce((a, b) => a + b)).toBeGreaterThan(0.45 * 2 * Math.PI * 8);
  expect(lengths.reduce((a, b) => a + b)).toBeLessThan(0.6 * 2 * Math.PI * 8);
  expect(contourLines(cone(-1), 'NCHW', 0, { sign: 'positive' })).toEqual([]);
});

test('levels are shares of the way from a low end to the range', () => {
  // The cone stands at -20 and rises to -4: half way up its radius is 8. Straight lines between pixels bend it by less than a tenth of a pixel.
  const far = tensor([1, 1, SIZE, SIZE], [...cone().data].map((value) => value - 20));
  const [contour, ...others] = contourLines(far, 'NCHW', 0, { levels: [0.5], low: -20, range: -4 });
  expect([contour?.level, contour?.lines.length, others]).toEqual([0.5, 1, []]);
  for (const [x, y] of contour?.lines[0] ?? []) expect(Math.abs(Math.hypot(x - 20.5, y - 20.5) - 8)).toBeLessThan(0.1);
});

test('a line ends at the border, it does not run along it', () => {
  const slope = tensor([1, 1, 8, 8], Array.from({ length: 64 }, (_, i) => i % 8));
  const [{ lines } = { lines: [] }] = contourLines(slope, 'NCHW', 0, { levels: [0.5], outlierPercentile: 0 });
  expect(lines).toHaveLength(1);
  for (const [x] of lines[0] ?? []) expect(x).toBeCloseTo(4, 6); // half of 7 lies at pixel 3.5, whose middle is at 4
});

test('refuses levels and dashes without sense', () => {
  const code = expect.objectContaining({ code: 'OPTION_INVALID' });
  expect(() => contourLines(cone(), 'NCHW', 0, { levels: [1] })).toThrow(code);
  expect(() => contourLines(cone(), 'NCHW', 0, { dash: 0 })).toThrow(code);
});
