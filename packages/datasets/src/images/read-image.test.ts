import { expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { crc32 } from '../../test/crc32.ts';
import { checkImage, readImage, readImageSize } from './read-image.ts';

/** An image in memory from its pixels. */
const encode = (width: number, height: number, channels: 1 | 3 | 4, values: readonly number[]): Sharp =>
  sharp(Uint8Array.from(values), { raw: { width, height, channels } });
const RED_GREEN = [255, 0, 0, 0, 255, 0];

test.each(['png', 'webp'] as const)('reads the exact pixels of a lossless %s', async (format) => {
  const file = await encode(2, 1, 3, RED_GREEN).toFormat(format, { lossless: true }).toBuffer();
  expect(await readImage(file)).toEqual({ height: 1, width: 2, channels: 3, data: Uint8Array.from(RED_GREEN) });
});

test('turns an image upright as its EXIF data say', async () => {
  const file = await encode(2, 1, 3, RED_GREEN).withMetadata({ orientation: 6 }).png().toBuffer();
  // Orientation 6: the picture was taken turned by 90 degrees; its left column becomes the top row.
  expect(await readImage(file)).toEqual({ height: 2, width: 1, channels: 3, data: Uint8Array.from(RED_GREEN) });
  expect(await readImageSize(file)).toEqual([2, 1]);
  await expect(readImageSize(Uint8Array.from([1, 2, 3]), 'cat.png')).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('cat.png') });
});

test('lays transparency over white', async () => {
  const file = await encode(2, 1, 4, [255, 0, 0, 0, 0, 0, 255, 255]).png().toBuffer();
  expect([...(await readImage(file)).data]).toEqual([255, 255, 255, 0, 0, 255]);
});

test('gives grey images three equal channels, or one', async () => {
  const file = await encode(2, 1, 1, [10, 200]).toColourspace('b-w').png().toBuffer();
  expect([...(await readImage(file)).data]).toEqual([10, 10, 10, 200, 200, 200]);
  expect([...(await readImage(file, { channels: 1 })).data]).toEqual([10, 200]);
});

test('makes grey of colours by the weights of BT.601', async () => {
  const file = await encode(3, 1, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255]).png().toBuffer();
  expect([...(await readImage(file, { channels: 1 })).data]).toEqual([76, 150, 29]);
});

test('reads CMYK and 16-bit images as 8-bit RGB', async () => {
  const cmyk = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#ff0000' } }).toColourspace('cmyk').jpeg().toBuffer();
  expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
  const { data } = await readImage(cmyk);
  expect([data[0]! > 180, data[1]! < 90, data[2]! < 90]).toEqual([true, true, true]);
  const deep = await encode(2, 1, 3, RED_GREEN).toColourspace('rgb16').png().toBuffer();
  expect((await sharp(deep).metadata()).depth).toBe('ushort');
  expect([...(await readImage(deep)).data]).toEqual(RED_GREEN);
});

/** Left third black, the rest white: 12 x 4. */
const wide = Array.from({ length: 12 * 4 }, (_, i) => (i % 12 < 4 ? 0 : 255));
test.each(['cover', 'fill'] as const)('brings an image to another shape by `%s`', async (resize) => {
  const side = 4;
  const file = await encode(12, 4, 1, wide).png().toBuffer();
  const { data, height, width } = await readImage(file, { height: side, width: side, channels: 1, resize });
  expect([height, width]).toEqual([side, side]);
  // Covered: the middle third, all white. Stretched: the black third is there.
  expect(data[0]! < 128).toBe(resize === 'fill');
  expect(data[side - 1]).toBe(255);
});

/** The first half of a file of noise, which no format makes much smaller. */
async function halfAFile(format: 'png' | 'jpeg' | 'webp'): Promise<Uint8Array> {
  const noise = randomStream(1, 'noise');
  const bytes = await encode(64, 64, 3, Array.from({ length: 64 * 64 * 3 }, () => noise.integer(256))).toFormat(format).toBuffer();
  return bytes.subarray(0, bytes.length / 2);
}

test.each([
  ['a truncated PNG', () => halfAFile('png')],
  ['a truncated JPEG', () => halfAFile('jpeg')],
  ['a truncated WebP', () => halfAFile('webp')],
  ['a text file', () => Promise.resolve(Buffer.from('hello'))],
  ['an empty file', () => Promise.resolve(Buffer.alloc(0))],
])('refuses %s', async (_, make) => {
  const file = await make();
  await expect(readImage(file, { name: 'it.png' })).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('`it.png`') });
  await expect(readImage(file, { height: 8, width: 8 })).rejects.toMatchObject({ code: 'DATA_INVALID' });
  await expect(checkImage(file, 'it.png')).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('`it.png`') });
});

function pngChunk(type: string, content: Uint8Array): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type), content, Buffer.alloc(4)]);
  chunk.writeUInt32BE(content.length, 0);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

/** A PNG file that claims to be an image of this size, and holds no pixels. */
function pngOfSize(width: number, height: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'), pngChunk('IHDR', header), pngChunk('IDAT', Buffer.alloc(0))]);
}

test('refuses a small file that claims to be a huge image', async () => {
  await expect(readImage(pngOfSize(100_000, 100_000))).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('more than 268435456 pixels') });
});

test('says when there is no file', async () => {
  await expect(readImage('/nowhere/cat.png')).rejects.toMatchObject({ code: 'DATA_MISSING' });
  await expect(readImage('/nowhere/cat.png', { height: 2, width: 2 })).rejects.toMatchObject({ code: 'DATA_MISSING' });
});

const PHOTO = resolve(import.meta.dirname, '../../../../../shared/data/photos/captum_elephant.jpg');
(existsSync(PHOTO) ? test : test.skip)('reads a photograph alike from its path and its bytes, and refuses half of it', async () => {
  const whole = await readImage(PHOTO);
  expect([whole.height, whole.width]).toEqual([280, 373]);
  const bytes = await readFile(PHOTO);
  expect(await readImage(bytes)).toEqual(whole);
  await checkImage(PHOTO);
  await expect(readImage(bytes.subarray(0, bytes.length / 2))).rejects.toMatchObject({ code: 'DATA_INVALID' });
});
