import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import { rgb } from 'd3-color';
import { interpolateViridis, schemeRdBu } from 'd3-scale-chromatic';
import { blank, enlarge, type Pixels } from '../pixels.ts';
import { heatMap } from './heat-map.ts';
import { colourField } from './colour-field.ts';
import { greyscale } from './greyscale.ts';
import { imagePixels } from './image-pixels.ts';
import { alphaScaledImage, maskedImage } from './masked-image.ts';
import { overlay } from './overlay.ts';

const row = (...values: number[]) => tensor([1, 1, 1, values.length], values);
const pixel = ({ data }: Pixels, i: number): number[] => [...data.subarray(i * 4, i * 4 + 4)];
const opaque = (colour: string): number[] => {
  const { r, g, b } = rgb(colour);
  return [r, g, b, 255];
};

const RED = opaque(schemeRdBu[11]![0]!);
const MIDDLE = opaque(schemeRdBu[11]![5]!);
const BLUE = opaque(schemeRdBu[11]![10]!);

test('colours by the scheme of ColorBrewer, red for positive values and nearly white for zero', () => {
  const map = heatMap(row(-1, 0, 1, -0), 'NCHW', 0, { outlierPercentile: 0 });
  expect([map.width, map.height]).toEqual([4, 1]);
  expect([0, 1, 2, 3].map((i) => pixel(map, i))).toEqual([BLUE, MIDDLE, RED, MIDDLE]);
});

test('shows values without a sign on a sequential scale', () => {
  const map = heatMap(row(-1, 0, 0.5), 'NCHW', 0, { sign: 'absolute', outlierPercentile: 0 });
  expect(pixel(map, 0)).toEqual([253, 231, 37, 255]); // viridis ends at #fde725
  expect(pixel(map, 1)).toEqual([68, 1, 84, 255]); // and begins at #440154
  expect(pixel(map, 2)).toEqual(opaque(interpolateViridis(0.5)));
});

test('draws from a low end on a sequential scale, the highest value brightest, all of one sign or not', () => {
  for (const [values, low, range] of [[[12, 13.5, 15], 12, 15], [[-15, -13.5, -12], -15, -12], [[-1, 0, 1], -1, 1]] as const) {
    const map = heatMap(row(...values), 'NCHW', 0, { low, range, opacity: 'magnitude' });
    expect([0, 1, 2].map((i) => pixel(map, i))).toEqual([[68, 1, 84, 0], [...opaque(interpolateViridis(0.5)).slice(0, 3), 128], [253, 231, 37, 255]]);
  }
  expect(() => heatMap(row(12, 15), 'NCHW', 0, { low: 12, range: 15, scale: 'RdBu' })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});

test('masks from a low end, whatever side of zero it is on', () => {
  const ends = { low: -15, range: -11 };
  const image = blank(3, 1, [200, 100, 40]);
  const masked = maskedImage(image, row(-15, -14, -11), 'NCHW', 0, ends);
  expect([0, 1, 2].map((i) => pixel(masked, i))).toEqual([[0, 0, 0, 255], [50, 25, 10, 255], [200, 100, 40, 255]]);
  expect([3, 7, 11].map((i) => alphaScaledImage(image, row(-15, -14, -11), 'NCHW', 0, ends).data[i])).toEqual([0, 64, 255]);
});

test('gives a map of zeros the colour of zero everywhere', () => {
  const map = heatMap(row(0, 0), 'NCHW', 0);
  expect([pixel(map, 0), pixel(map, 1)]).toEqual([MIDDLE, MIDDLE]);
});

test.each([
  ['a sequential scale for signed values', { scale: 'viridis' }, /a diverging scale/],
  ['a diverging scale for positive values', { scale: 'RdBu', sign: 'positive' }, /a sequential scale/],
  ['a scale that does not exist', { scale: 'rainbow' }, /RdBu.*got rainbow/],
])('refuses %s', (_, options, message) => {
  expect(() => heatMap(row(1), 'NCHW', 0, options as never)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
  );
});

test('mixes image and heat by alpha', () => {
  const image = blank(1, 1, [200, 100, 0]);
  const heat = blank(1, 1, [0, 50, 255]);
  expect(pixel(overlay(image, heat, { alpha: 0.25 }), 0)).toEqual([150, 88, 64, 255]); // 87.5 rounds to even, 63.75 up
  expect(overlay(image, heat, { alpha: 0 })).toEqual(image);
  expect(overlay(image, heat, { alpha: 1 })).toEqual(heat);
});

test('lets the image through where the map is small, when opacity follows the magnitude', () => {
  const image = blank(3, 1, [10, 20, 30]);
  const heat = heatMap(row(0, 0.5, -1), 'NCHW', 0, { opacity: 'magnitude', outlierPercentile: 0 });
  expect([3, 7, 11].map((i) => heat.data[i])).toEqual([0, 128, 255]);
  const mixed = overlay(image, heat, { alpha: 1 });
  expect(pixel(mixed, 0)).toEqual([10, 20, 30, 255]);
  expect(pixel(mixed, 2)).toEqual(BLUE);
});

test('darkens the image where the map is small', () => {
  const image = blank(3, 1, [200, 100, 50]);
  const masked = maskedImage(image, row(4, 1, -4), 'NCHW', 0, { outlierPercentile: 0 });
  expect([0, 1, 2].map((i) => pixel(masked, i))).toEqual([[200, 100, 50, 255], [50, 25, 12, 255], [0, 0, 0, 255]]);
});

test('makes the image transparent where the map is small', () => {
  const image = blank(3, 1, [200, 100, 50]);
  const scaled = alphaScaledImage(image, row(4, 1, -4), 'NCHW', 0, { outlierPercentile: 0 });
  expect([0, 1, 2].map((i) => pixel(scaled, i))).toEqual([[200, 100, 50, 255], [200, 100, 50, 64], [200, 100, 50, 0]]);
});

test('takes the colours of a picture, and as much of its contrast as is asked for', () => {
  const picture = blank(1, 1, [30, 60, 90]);
  expect(pixel(greyscale(picture), 0)).toEqual([60, 60, 60, 255]);
  expect(pixel(greyscale(picture, { contrast: 0.4 }), 0)).toEqual([177, 177, 177, 255]); // 255 - 0.4 (255 - 60)
  expect(() => greyscale(picture, { contrast: 2 })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});

test('shows three channels as red, green and blue, on one scale for the batch', () => {
  const field = tensor([2, 3, 1, 1], [-1, 0, 1, 3, 2, 1]);
  expect(pixel(colourField(field, 'NCHW', 0), 0)).toEqual([0, 64, 128, 255]); // -1 is 0, 3 is 255
  expect(pixel(colourField(field, 'NCHW', 1), 0)).toEqual([255, 191, 128, 255]);
  expect(pixel(colourField(field, 'NCHW', 0, { min: -1, max: 1 }), 0)).toEqual([0, 128, 255, 255]);
  expect(() => colourField(row(1), 'NCHW', 0)).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
});

test('refuses pictures of different sizes and alphas out of range', () => {
  expect(() => overlay(blank(2, 2), blank(2, 3))).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  expect(() => maskedImage(blank(2, 2), row(1, 2), 'NCHW', 0)).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  expect(() => overlay(blank(1, 1), blank(1, 1), { alpha: 1.5 })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});

test('shows inputs of one and three channels in either layout', () => {
  const planar = tensor([1, 3, 1, 2], [0, 1, 0.2, 0.4, 0.6, 0.8]);
  const picture = imagePixels(planar, 'NCHW', 0, { min: 0, max: 1 });
  expect([pixel(picture, 0), pixel(picture, 1)]).toEqual([[0, 51, 153, 255], [255, 102, 204, 255]]);
  expect(imagePixels(tensor([1, 1, 2, 3], [0, 0.2, 0.6, 1, 0.4, 0.8]), 'NHWC', 0, { min: 0, max: 1 })).toEqual(picture);
  const grey = imagePixels(row(-2, 2, 0), 'NCHW', 0);
  expect([pixel(grey, 0), pixel(grey, 1), pixel(grey, 2)]).toEqual([[0, 0, 0, 255], [255, 255, 255, 255], [128, 128, 128, 255]]);
});

test('shows an input of one value in mid-grey, and clips values outside the given limits', () => {
  expect(pixel(imagePixels(row(7), 'NCHW', 0), 0)).toEqual([128, 128, 128, 255]);
  expect([...imagePixels(row(-1, 9), 'NCHW', 0, { min: 0, max: 1 }).data]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
});

test('refuses inputs of two channels or with NaN', () => {
  expect(() => imagePixels(tensor([1, 2, 1, 1], [1, 2]), 'NCHW', 0)).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  expect(() => imagePixels(row(NaN), 'NCHW', 0)).toThrow(expect.objectContaining({ code: 'INPUT_NOT_FINITE' }));
});

test('enlarges small pictures by a whole factor, every pixel a square', () => {
  const picture = heatMap(row(1, -1), 'NCHW', 0);
  const large = enlarge(picture, 3);
  expect([large.width, large.height]).toEqual([6, 3]);
  for (let i = 0; i < 18; i++) expect(pixel(large, i)).toEqual(pixel(picture, i % 6 < 3 ? 0 : 1));
  expect(enlarge(blank(28, 28))).toMatchObject({ width: 224, height: 224 });
  expect(enlarge(blank(500, 375))).toMatchObject({ width: 500, height: 375 });
});
