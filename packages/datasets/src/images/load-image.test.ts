import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import sharp from 'sharp';
import { loadImage, preprocess } from './load-image.ts';
import { parsePreprocessing, type Preprocessing } from './preprocessing.ts';
import type { ImagePixels } from './read-image.ts';

const PIXELS: ImagePixels = { height: 1, width: 2, channels: 3, data: Uint8Array.of(0, 51, 255, 102, 153, 204) };
const rounded = (values: Iterable<number>): number[] => Array.from(values, (value) => Math.round(value * 1e4) / 1e4);

test.each<[Preprocessing | 'none' | 'unit' | 'symmetric' | 'imagenet', number[]]>([
  ['none', [0, 51, 255, 102, 153, 204]],
  ['unit', [0, 0.2, 1, 0.4, 0.6, 0.8]],
  ['symmetric', [-1, -0.6, 1, -0.2, 0.2, 0.6]],
  // (0 - 0.485) / 0.229, (0.2 - 0.456) / 0.224, (1 - 0.406) / 0.225, ...
  ['imagenet', [-2.1179, -1.1429, 2.64, -0.3712, 0.6429, 1.7511]],
  [{ scale: 1, mean: [10, 20, 30], std: 2, order: 'BGR' }, [122.5, 15.5, -15, 97, 66.5, 36]],
])('preprocesses by %j', (preprocessing, expected) => {
  const { shape, data } = preprocess(PIXELS, preprocessing, 'NHWC');
  expect(shape).toEqual([1, 1, 2, 3]);
  expect(rounded(data)).toEqual(expected);
});

test('lays the channels as the network wants them', () => {
  const { shape, data } = preprocess(PIXELS, 'none', 'NCHW');
  expect(shape).toEqual([1, 3, 1, 2]);
  expect([...data]).toEqual([0, 102, 51, 153, 255, 204]);
});

/** 8 x 4 pixels; the red value counts the columns in tens, the green one the rows. */
const file = (): Promise<Buffer> =>
  sharp(Uint8Array.from({ length: 96 }, (_, i) => [(Math.floor(i / 3) % 8) * 10, Math.floor(i / 24) * 10, 0][i % 3]!), {
    raw: { width: 8, height: 4, channels: 3 },
  }).png().toBuffer();
const input = (shape: readonly (number | null)[], layout: 'NCHW' | 'NHWC' | 'NC' = 'NHWC') => ({ name: 'image', shape, layout });

test('takes the middle of an image that is wider than the input', async () => {
  const { data, shape } = await loadImage(await file(), input([null, 4, 4, 3]), 'none');
  expect(shape).toEqual([1, 4, 4, 3]);
  expect([data[0], data[9]]).toEqual([20, 50]);
});

test('keeps the size of the image where that of the input is free', async () => {
  expect((await loadImage(await file(), input([1, null, null, 3]), 'none')).shape).toEqual([1, 4, 8, 3]);
  expect((await loadImage(await file(), input([1, 3, null, null], 'NCHW'), 'none')).shape).toEqual([1, 3, 4, 8]);
});

test('makes grey of it for a network of one channel', async () => {
  const { data, shape } = await loadImage(await file(), input([1, 1, 4, 8], 'NCHW'), 'none');
  expect(shape).toEqual([1, 1, 4, 8]);
  expect(data[31]).toBe(Math.round(0.299 * 70 + 0.587 * 30));
});

test.each([
  ['crop', { crop: [2, 4] }, [2, 4], [20, 10]],
  ['resize to a shape and nothing cut', { resize: [4, 8] }, [4, 8], [0, 0]],
  ['resize of the shorter side, then a crop', { resize: 4, crop: 2 }, [2, 2], [30, 10]],
] as const)('frames the image by %s', async (_, framing, size, corner) => {
  const { data, shape } = await loadImage(await file(), input([1, null, null, 3]), { ...framing, scale: 1 });
  expect(shape).toEqual([1, ...size, 3]);
  expect([data[0], data[1]]).toEqual(corner);
});

test('crops to the size of the input after a resize', async () => {
  const { data } = await loadImage(await file(), input([1, 2, 2, 3]), { resize: 4, scale: 1 });
  expect([...data.subarray(0, 6)]).toEqual([30, 10, 0, 40, 10, 0]);
});

test.each([
  ['a crop that is not the input', { crop: 3 }, /images have 3 x 3 pixels, but the network takes 2 x 2/],
  ['a crop larger than the image', { resize: 1, crop: 2 }, /too few to crop 2 x 2/],
  ['as many means as no channel needs', { mean: [0.5] }, /`mean` has 1 values, but the network takes 3 channels/],
])('refuses %s', async (_, preprocessing, message) => {
  await expect(loadImage(await file(), input([1, 2, 2, 3]), preprocessing)).rejects.toMatchObject({
    code: 'CONFIGURATION_INVALID', message: expect.stringMatching(message),
  });
});

test('refuses a network that does not take images', async () => {
  for (const spec of [input([1, 10], 'NC'), input([1, 4, 8, 8], 'NCHW')]) {
    await expect(loadImage(await file(), spec, 'unit')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  }
});

test.each([
  ['imagnet', /Did you mean `imagenet`/],
  [{ Mean: 0.5 }, /no field `Mean`.*`mean`/],
  [{ std: 0 }, /`std` is 0/],
  [{ scale: '1/255' }, /`scale` is "1\/255"/],
  [{ order: 'GBR' }, /"RGB" or "BGR"/],
  [{ resize: [256] }, /`resize` is \[256\]/],
  [[0.5], /a name or an object/],
])('refuses the preprocessing %j', (value, message) => {
  expect(() => parsePreprocessing(value, 'in norm.json')).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringMatching(message) }));
});

const SAMPLE = resolve(import.meta.dirname, '../../../../../shared/data/imagenet-samples/n01440764_tench.JPEG');
(existsSync(SAMPLE) ? test : test.skip)('prepares a photograph for an ImageNet network', async () => {
  const { shape, data } = await loadImage(SAMPLE, input([null, 3, 224, 224], 'NCHW'), 'imagenet');
  expect(shape).toEqual([1, 3, 224, 224]);
  expect(data.reduce((a, b) => Math.min(a, b))).toBeGreaterThanOrEqual(-2.1180);
  expect(data.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(2.6401);
});
