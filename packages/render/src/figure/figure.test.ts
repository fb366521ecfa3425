import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { colourScale } from '../colour/scales.ts';
import { blank, type Pixels } from '../pixels.ts';
import { composeFigure, type FigureOptions } from './compose.ts';
import { figurePixels } from './figure-pixels.ts';
import { figureSvg } from './figure-svg.ts';
import type { Figure, FigurePicture, FigureText } from './figure.ts';

const red = blank(40, 30, [255, 0, 0]);
const blue = blank(40, 30, [0, 0, 255]);
const texts = ({ items }: Figure): FigureText[] => items.filter((item) => item.kind === 'text');
const pictures = ({ items }: Figure): [FigurePicture, FigurePicture, ...FigurePicture[]] => {
  const [first, second, ...others] = items.filter((item) => item.kind === 'picture');
  if (first === undefined || second === undefined) throw new Error('fewer than two pictures');
  return [first, second, ...others];
};
const at = ({ data, width }: Pixels, x: number, y: number): number[] => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)];

const FULL: FigureOptions = {
  title: 'Two methods & a cat', rowHeads: ['cat'], columnHeads: ['saliency', 'Grad-CAM'], caption: 'Red is <positive>.',
  legend: { scale: 'RdBu', range: 0.1234, cut: true },
  panels: [[{ picture: red, title: 'cat, 93 %', alternativeText: 'A red map.' }, { picture: blue, alternativeText: 'A blue map.' }]],
};

test('a lone panel without words is its picture', () => {
  expect(figurePixels(composeFigure({ panels: [[{ picture: red }]], gap: 0 }))).toEqual(red);
});

test('everything has its place: nothing overlaps, nothing is cut off', () => {
  const figure = composeFigure(FULL);
  const drawn = figurePixels(figure);
  expect([drawn.width, drawn.height]).toEqual([figure.width, figure.height]);
  const [left, right] = pictures(figure);
  for (const { x, y } of [left, right]) expect(Number.isInteger(x) && Number.isInteger(y)).toBe(true);
  expect(at(drawn, left.x, left.y)).toEqual([255, 0, 0]);
  expect(at(drawn, right.x + 39, right.y + 29)).toEqual([0, 0, 255]);
  const heads = texts(figure);
  expect(heads.map(({ text }) => text)).toEqual(expect.arrayContaining(['Two methods & a cat', 'cat', 'saliency', 'Grad-CAM', 'cat, 93 %', 'Red is <positive>.']));
  // Text is drawn outside the pictures, on the background alone: both keep their colours.
  for (const { x, y, picture } of [left, right]) {
    for (let row = 0; row < picture.height; row++) expect(at(drawn, x + (row % 40), y + row)).toEqual([...picture.data.subarray(0, 3)]);
  }
  const border = Array.from({ length: figure.width }, (_, x) => at(drawn, x, figure.height - 1));
  expect(border.every((colour) => colour.join() === '255,255,255')).toBe(true);
});

test('heads of columns stand on the line of titles where no column has both, else above it', () => {
  const panels = [[{ picture: red, title: 'cat' }, { picture: blue }], [{ picture: red, title: 'dog' }, { picture: blue }]];
  const heightOf = (figure: Figure, name: string): number | undefined => texts(figure).find(({ text }) => text === name)?.y;
  const beside = composeFigure({ panels, columnHeads: ['', 'saliency'] });
  expect(heightOf(beside, 'saliency')).toBe(heightOf(beside, 'cat'));
  const above = composeFigure({ panels, columnHeads: ['image', 'saliency'] });
  expect(heightOf(above, 'image')).toBe(heightOf(above, 'saliency'));
  expect(heightOf(above, 'saliency')).toBeLessThan(heightOf(above, 'cat') ?? 0);
  expect(above.height).toBeGreaterThan(beside.height);
});

test('pictures of a column stand below each other, whether they have a colour bar or not', () => {
  const legend = { scale: 'viridis', range: 0.123 } as const;
  const [first, , last] = pictures(composeFigure({ panels: [[{ picture: red, legend }], [{ picture: blue, title: 'cat' }]] }));
  expect([last?.picture, last?.x]).toEqual([blue, first.x]);
});

test('the colour bar has the colours of the scale and says its values', () => {
  const figure = composeFigure(FULL);
  expect(texts(figure).map(({ text }) => text)).toEqual(expect.arrayContaining(['≤ −0.12', '0', '≥ 0.12']));
  const [, , bar = pictures(figure)[0]] = pictures(figure);
  const colourOf = colourScale('RdBu');
  const drawn = figurePixels(figure);
  expect(at(drawn, bar.x + 3, bar.y)).toEqual([...colourOf(1)]);
  expect(at(drawn, bar.x + 3, bar.y + bar.picture.height - 1)).toEqual([...colourOf(-1)]);
  const high = blank(20, 200);
  const [panel, beside] = pictures(composeFigure({ panels: [[{ picture: high, title: 'a' }]], title: 'b', legend: { scale: 'viridis', range: 1 } }));
  expect([beside.y, beside.picture.height]).toEqual([panel.y, 200]);
  const own = composeFigure({ panels: [[{ picture: red, legend: { scale: 'viridis', range: 4 } }]] });
  expect(texts(own).map(({ text }) => text)).toEqual(['0', '2', '4']);
});

test.each([
  [{ low: 0.21, range: 0.47 }, ['0.21 (not 0)', '0.34', '0.47']],
  [{ low: -14.93, range: -11.92, cut: true }, ['≤ −14.9 (not 0)', '−13.4', '≥ −11.9']],
  [{ low: 1234.5, range: 2468 }, ['1200 (not 0)', '1900', '2500']],
  [{ low: 13.0012, range: 13.0058 }, ['13.0012 (not 0)', '13.0035', '13.0058']],
])('a colour bar with a low end says that it does not begin at zero, in as many digits as tell its ends apart', (ends, labels) => {
  const figure = composeFigure({ panels: [[{ picture: blank(200, 200) }]], legend: { scale: 'inferno', ...ends } });
  expect(texts(figure).map(({ text }) => text)).toEqual(labels);
  const [, bar] = pictures(figure);
  const colourOf = colourScale('inferno');
  expect([at(bar.picture, 0, bar.picture.height - 1), at(bar.picture, 0, 0)]).toEqual([[...colourOf(0)], [...colourOf(1)]]);
});

test('the values of a colour bar are written alike, small ones too', () => {
  const labels = (range: number): string[] => texts(composeFigure({ panels: [[{ picture: blank(200, 200) }]], legend: { scale: 'inferno', range } })).map(({ text }) => text);
  expect(labels(1.34e-6)).toEqual(['0', '6.7e−7', '1.3e−6']);
  expect(labels(0.0013)).toEqual(['0', '0.00065', '0.0013']);
});

test('the SVG says that a colour bar does not begin at zero', async () => {
  const figure = composeFigure({ panels: [[{ picture: red }]], legend: { scale: 'inferno', low: 2, range: 3 } });
  expect(await figureSvg(figure, async () => 'data:,')).toMatch(/<text [^>]*>2 \(not 0\)<\/text>/);
});

test('panels without a partner leave their place empty', () => {
  const figure = composeFigure({ panels: [[{ picture: red }, undefined], [undefined, { picture: blue }]], gap: 2 });
  const [first, second] = pictures(figure);
  expect([first.x, first.y, second.x, second.y]).toEqual([2, 2, 44, 34]);
  expect(() => composeFigure({ panels: [[undefined]] })).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
});

test('titles of a row stand on one line, whatever is below them', () => {
  const small = { picture: blank(28, 28), title: 'image' };
  const figure = composeFigure({ panels: [[small, { picture: red, title: 'integrated gradients', legend: { scale: 'RdBu', range: 1 } }]] });
  const [a, b] = texts(figure).filter(({ text }) => text === 'image' || text.startsWith('integrated'));
  expect(a?.y).toBe(b?.y);
  const [first, second] = pictures(figure);
  expect(first.y + 14).toBe(second.y + 15);
});

test('twice the pixels show the same figure', () => {
  const figure = composeFigure(FULL);
  const [once, twice] = [figurePixels(figure), figurePixels(figure, { ratio: 2 })];
  expect([twice.width, twice.height]).toEqual([2 * once.width, 2 * once.height]);
  const { x, y } = pictures(figure)[0];
  expect(at(twice, 2 * x, 2 * y)).toEqual([255, 0, 0]);
  expect(at(twice, 2 * x - 1, 2 * y)).toEqual([255, 255, 255]);
  const ink = ({ data }: Pixels): number => data.reduce((sum, level, i) => sum + (i % 4 === 3 ? 0 : 255 - level), 0);
  // Edges are smoothed by the covered area, so that the ink is the same but for rounding.
  expect(Math.abs(ink(twice) / (4 * ink(once)) - 1)).toBeLessThan(0.01);
  expect(() => figurePixels(figure, { ratio: 1.5 })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});

test('contours are drawn in their own pixels, dark on light', () => {
  const contours = [{ level: 0.5, lines: [[[10, 5], [10, 25]] as const] }];
  const drawn = figurePixels(composeFigure({ panels: [[{ picture: red, contours }]], gap: 0 }));
  expect(at(drawn, 30, 15)).toEqual([255, 0, 0]);
  expect(Math.max(...at(drawn, 9, 15), ...at(drawn, 10, 15))).toBeLessThan(160);
});

test('the SVG is the same picture, with text as text and what is seen in words', async () => {
  const figure = composeFigure(FULL);
  const svg = await figureSvg(figure, async ({ width, height, data }) =>
    `data:image/png;base64,${(await sharp(data, { raw: { width, height, channels: 4 } }).png().toBuffer()).toString('base64')}`);
  expect(svg).toContain('<desc>Two methods &amp; a cat. cat, saliency, cat, 93 %: A red map. cat, Grad-CAM: A blue map. Red is &lt;positive&gt;.</desc>');
  expect(svg).toMatch(/<text [^>]*>cat, 93 %<\/text>/);
  const { data, info } = await sharp(Buffer.from(svg)).flatten({ background: 'white' }).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([figure.width, figure.height]);
  const rendered = { width: info.width, height: info.height, data: new Uint8ClampedArray(data) };
  const [left, right] = pictures(figure);
  expect(at(rendered, left.x + 20, left.y + 15)).toEqual([255, 0, 0]);
  expect(at(rendered, right.x + 20, right.y + 15)).toEqual([0, 0, 255]);
});
