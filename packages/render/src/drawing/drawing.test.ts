import { expect, test } from '@jest/globals';
import { GLYPHS } from '../font/glyphs.ts';
import { blank, type Pixels, type Point } from '../pixels.ts';
import { fillOutlines, strokeLines } from './fill-outline.ts';
import { drawText, fitText, textWidth, wrapText } from './text.ts';

/** How much of each pixel is black, of a picture that was white. */
const cover = ({ data }: Pixels): number[] => [...data].filter((_, i) => i % 4 === 0).map((level) => (255 - level) / 255);
const total = (picture: Pixels): number => cover(picture).reduce((a, b) => a + b, 0);
const square = (left: number, top: number, side: number): Point[] => [[left, top], [left + side, top], [left + side, top + side], [left, top + side]];

test('covers each pixel by the share of the outline that lies in it', () => {
  const picture = blank(3, 3);
  fillOutlines(picture, [[[0.5, 0.25], [2, 0.25], [2, 2], [0.5, 2]]], [0, 0, 0]);
  const shares = [0.375, 0.75, 0, 0.5, 1, 0, 0, 0, 0];
  cover(picture).forEach((share, i) => expect(share).toBeCloseTo(shares[i]!, 2));
});

test('a disc has its area, and a ring that of two discs', () => {
  const circle = (radius: number, turns: 1 | -1): Point[] =>
    Array.from({ length: 400 }, (_, i) => [20 + radius * Math.cos((turns * i * Math.PI) / 200), 20 + radius * Math.sin((turns * i * Math.PI) / 200)]);
  const [disc, ring] = [blank(40, 40), blank(40, 40)];
  fillOutlines(disc, [circle(15.3, 1)], [0, 0, 0]);
  fillOutlines(ring, [circle(15.3, 1), circle(9.1, -1)], [0, 0, 0]);
  // Levels are whole numbers: half of one for each of some hundred pixels of the edge is the most that is lost.
  expect(Math.abs(total(disc) - Math.PI * 15.3 ** 2)).toBeLessThan(0.4);
  expect(Math.abs(total(ring) - Math.PI * (15.3 ** 2 - 9.1 ** 2))).toBeLessThan(0.4);
});

test('what lies outside the picture is left out', () => {
  const picture = blank(4, 4);
  for (const outline of [square(-3, -3, 4), square(3, 3, 9), square(20, 1, 5), square(-9, 1, 5), square(1, -9, 5)]) fillOutlines(picture, [outline], [0, 0, 0]);
  expect(cover(picture).map((share, i) => (share > 0 ? i : -1)).filter((i) => i >= 0)).toEqual([0, 15]);
  fillOutlines(picture, [], [0, 0, 0]);
});

test('draws lines of the given width', () => {
  const picture = blank(10, 10);
  strokeLines(picture, [[[2, 5], [8, 5]], [[1, 1], [1, 1]]], [0, 0, 0], 2);
  expect(total(picture)).toBeCloseTo(2 * (6 + 2), 1);
  expect(cover(picture)[4 * 10 + 5]).toBe(1);
});

test('texts are as wide as they say, stand on their line, and look the same at any place', () => {
  const draw = (x: number): Pixels => {
    const picture = blank(120, 40);
    drawText(picture, 'HÅl', [x, 30], 20, [0, 0, 0]);
    return picture;
  };
  const [here, there] = [draw(10), draw(13)];
  expect(total(here)).toBeGreaterThan(50);
  expect(cover(there).slice(3)).toEqual(cover(here).slice(0, -3));
  cover(here).forEach((share, i) => {
    const [x, y] = [i % 120, Math.floor(i / 120)];
    if (share > 0) expect(x >= 10 && x <= 10 + textWidth('HÅl', 20) && y < 30).toBe(true);
  });
});

test('letters have their shapes: an H has two stems and a bar, an o a hole', () => {
  const picture = blank(40, 40);
  drawText(picture, 'H', [0, 36], 48, [0, 0, 0]);
  const rowOf = (y: number): string => cover(picture).slice(y * 40, y * 40 + 40).map((share) => (share > 0.5 ? '#' : ' ')).join('').trim();
  expect(rowOf(8)).toMatch(/^#+ +#+$/);
  expect([...Array(36).keys()].some((y) => /^#{20,}$/.test(rowOf(y)))).toBe(true);
});

test('letters that the font lacks become boxes, accents are joined to their letters', () => {
  expect(textWidth('猫', 10)).toBe(textWidth('□', 10));
  expect(textWidth('e\u0301', 10)).toBe(textWidth('é', 10));
  expect(textWidth('constructor', 10)).toBe([...'constructor'].reduce((sum, letter) => sum + textWidth(letter, 10), 0));
  for (let code = 0x20; code < 0x7f; code++) expect(GLYPHS).toHaveProperty([String.fromCharCode(code)]);
});

test('cuts texts at their place and wraps them into lines', () => {
  expect(fitText('tabby cat', 100, 14)).toBe('tabby cat');
  const cut = fitText('integrated gradients', 80, 14);
  expect(cut).toMatch(/^integ.*…$/);
  expect(textWidth(cut, 14)).toBeLessThanOrEqual(80);
  const lines = wrapText('one two three  four\nfive', 70, 14);
  expect(lines.join(' ')).toBe('one two three four five');
  for (const line of lines) expect(textWidth(line, 14)).toBeLessThanOrEqual(70);
  expect(wrapText(' ', 70, 14)).toEqual([]);
});
