import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { resolveSizes, slidingWindows } from './windows.ts';

test('the last window is clipped at the edge', () => {
  const rows = slidingWindows([10, 1], [4, 1], [3, 1]).map(({ top, bottom }) => [top, bottom]);
  expect(rows).toEqual([[0, 4], [3, 7], [6, 10]]);
  expect(slidingWindows([11, 1], [4, 1], [3, 1]).map(({ top, bottom }) => [top, bottom])).toEqual([[0, 4], [3, 7], [6, 10], [9, 11]]);
});

test('one window covers an image of its size', () => {
  expect(slidingWindows([3, 5], [3, 5], [9, 9])).toEqual([{ top: 0, bottom: 3, left: 0, right: 5 }]);
});

test.each([[28, 28], [32, 32], [224, 224], [299, 299], [64, 48]])('images of %i x %i get about 225 windows', (height, width) => {
  const { window, stride } = resolveSizes([height, width], undefined, undefined);
  expect(slidingWindows([height, width], window, stride).length).toBeGreaterThanOrEqual(169);
  expect(slidingWindows([height, width], window, stride).length).toBeLessThanOrEqual(256);
});

test('windows cover every pixel and nothing outside, whatever the sizes', () => {
  const side = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(side, side, side, side, (height, width, windowSide, strideSide) => {
      const window = [Math.min(windowSide, height), Math.min(windowSide, width)] as const;
      const stride = [Math.min(strideSide, window[0]), Math.min(strideSide, window[1])] as const;
      const covered = new Set<number>();
      for (const { top, bottom, left, right } of slidingWindows([height, width], window, stride)) {
        expect(bottom).toBeLessThanOrEqual(height);
        expect(right).toBeLessThanOrEqual(width);
        for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) covered.add(y * width + x);
      }
      expect(covered.size).toBe(height * width);
    }),
  );
});

test('refuses a window larger than the image and a stride that leaves gaps', () => {
  expect(() => resolveSizes([4, 4], [5, 2], undefined)).toThrow(/`window`/);
  expect(() => resolveSizes([4, 4], [2, 2], [3, 1])).toThrow(/`stride`/);
  expect(() => resolveSizes([4, 4], [2, 2], [1, 3])).toThrow(/`stride`/);
});
