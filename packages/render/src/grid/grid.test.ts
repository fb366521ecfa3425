import { expect, test } from '@jest/globals';
import { colourBar } from '../colour/colour-bar.ts';
import { colourScale } from '../colour/scales.ts';
import { blank, type Pixels } from '../pixels.ts';
import { grid } from './grid.ts';
import { layoutGrid } from './layout-grid.ts';

const at = ({ data, width }: Pixels, x: number, y: number): number[] => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)];

test('makes columns as wide as their widest tile and rows as high as their highest', () => {
  const { width, height, tiles, columns, rows } = layoutGrid([blank(10, 20), blank(30, 10), blank(20, 6)], { columns: 2, gap: 2 });
  expect([width, height]).toEqual([2 + 20 + 2 + 30 + 2, 2 + 20 + 2 + 6 + 2]);
  expect([columns, rows]).toEqual([[[2, 20], [24, 30]], [[2, 20], [24, 6]]]);
  expect(tiles).toEqual([
    { x: 7, y: 2, width: 10, height: 20 },
    { x: 24, y: 7, width: 30, height: 10 },
    { x: 2, y: 24, width: 20, height: 6 },
  ]);
});

test('is about square unless told otherwise, and has no more columns than tiles', () => {
  const tiles = Array.from({ length: 7 }, () => blank(10, 10));
  expect(layoutGrid(tiles, { gap: 0 })).toMatchObject({ width: 30, height: 30 });
  expect(layoutGrid(tiles, { gap: 0, columns: 20 })).toMatchObject({ width: 70, height: 10 });
});

test('puts every tile in its place on the background', () => {
  const picture = grid([blank(2, 2, [255, 0, 0]), blank(1, 1, [0, 0, 255])], { columns: 2, gap: 1, background: [9, 9, 9] });
  expect([picture.width, picture.height]).toEqual([6, 4]);
  expect([at(picture, 0, 0), at(picture, 1, 1), at(picture, 2, 2), at(picture, 3, 1), at(picture, 4, 1)]).toEqual([
    [9, 9, 9], [255, 0, 0], [255, 0, 0], [9, 9, 9], [0, 0, 255],
  ]);
  expect(picture.data.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
});

test('lets the background through transparent pixels', () => {
  const half = { width: 1, height: 1, data: Uint8ClampedArray.of(0, 100, 200, 51) };
  expect(at(grid([half], { gap: 0, background: [100, 100, 100] }), 0, 0)).toEqual([80, 100, 120]);
});

test('draws colour bars from the lowest to the highest value', () => {
  const bar = colourBar('RdBu', { length: 101, thickness: 3 });
  expect([bar.width, bar.height]).toEqual([101, 3]);
  const colourOf = colourScale('RdBu');
  expect([at(bar, 0, 2), at(bar, 50, 0), at(bar, 100, 1)]).toEqual([[...colourOf(-1)], [...colourOf(0)], [...colourOf(1)]]);
  const upright = colourBar('magma', { length: 5, thickness: 2, direction: 'vertical' });
  expect([upright.width, upright.height]).toEqual([2, 5]);
  expect([at(upright, 0, 4), at(upright, 1, 0)]).toEqual([[0, 0, 4], [252, 253, 191]]); // magma runs from #000004 to #fcfdbf
});
