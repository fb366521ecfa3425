import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readIdxDataset } from './idx-dataset.ts';
import { readIdx } from './read-idx.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'idx-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], values: readonly number[], type = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  shape.forEach((length, axis) => header.writeUInt32BE(length, 4 + 4 * axis));
  return Buffer.concat([header, Buffer.from(values)]);
}
async function write(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}
const noise = randomStream(1, 'noise');
const CLASSES = ['a', 'b', 'c'];
const IMAGES = idx([3, 2, 2], [0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6]);
const LABELS = idx([3], [2, 0, 1]);

test.each([
  ['plain', IMAGES],
  ['gzip, whatever its name', gzipSync(IMAGES)],
])('reads a %s file', async (_, bytes) => {
  const { shape, data } = await readIdx(await write('images', bytes));
  expect(shape).toEqual([3, 2, 2]);
  expect([...data]).toEqual([0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6]);
});

test('reads the first entries only, also where the rest of the file is damaged', async () => {
  const whole = gzipSync(idx([3000, 28, 28], Array.from({ length: 3000 * 784 }, (_, i) => (i * 7919) % 251)));
  const { shape, data } = await readIdx(await write('first.gz', whole.subarray(0, whole.length / 2)), { count: 2 });
  expect(shape).toEqual([2, 28, 28]);
  expect(data[783 + 5]).toBe(((783 + 5) * 7919) % 251);
});

test.each([
  ['a plain file that is cut in the middle', IMAGES.subarray(0, 20), /needs 12 bytes after the header, but only 4 are there/],
  ['a gzip file that is cut in the middle', gzipSync(idx([500, 8, 8], Array.from({ length: 32_000 }, () => noise.integer(256)))).subarray(0, 9000), /damaged or cut short/],
  ['a file that ends within its header', IMAGES.subarray(0, 10), /ends within the header/],
  ['an empty file', Buffer.alloc(0), /starts with nothing/],
  ['another magic number', Buffer.from('Not an IDX file'), /starts with 4e6f7420/],
  ['values of another type', idx([1], [0, 0, 0, 0], 0x0d), /type 0x0d/],
  ['bytes beyond the end', Buffer.concat([IMAGES, Buffer.of(1)]), /more bytes follow/],
])('refuses %s', async (_, bytes, message) => {
  const path = await write('damaged', bytes);
  const error: unknown = await readIdx(path).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'DATA_INVALID', message: expect.stringMatching(message) });
  expect(error).toMatchObject({ message: expect.stringContaining(path) });
});

test('says when there is no file', async () => {
  await expect(readIdx(join(folder, 'absent'))).rejects.toMatchObject({ code: 'DATA_MISSING' });
});

test('scales images to 0..1 and keeps their order', async () => {
  const files = { images: await write('i', IMAGES), labels: await write('l', LABELS) };
  const { images, labels, layout } = await readIdxDataset('tiny', files, CLASSES);
  expect(layout).toBe('NHWC');
  expect(images.shape).toEqual([3, 2, 2, 1]);
  [0, 0.2, 0.4, 0.6, 0.8, 1].forEach((value, i) => expect(images.data[i]).toBeCloseTo(value, 6));
  expect([...labels]).toEqual([2, 0, 1]);
  expect([...(await readIdxDataset('tiny', files, CLASSES, { count: 2 })).labels]).toEqual([2, 0]);
});

test.each([
  ['fewer labels than images', idx([2], [0, 1]), /shape is \[2\], but there are 3 images/],
  ['a label without a class', idx([3], [0, 1, 3]), /label 2 is 3, but the classes are 0 to 2/],
  ['images in place of labels', IMAGES, /shape is \[3, 2, 2\]/],
])('refuses %s', async (_, labels, message) => {
  const files = { images: await write('i2', IMAGES), labels: await write('l2', labels) };
  await expect(readIdxDataset('tiny', files, CLASSES)).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringMatching(message) });
});

const MNIST = resolve(import.meta.dirname, '../../../../../shared/data/mnist');
(existsSync(MNIST) ? test : test.skip)('reads the real MNIST test set', async () => {
  const files = { images: join(MNIST, 't10k-images-idx3-ubyte.gz'), labels: join(MNIST, 't10k-labels-idx1-ubyte.gz') };
  const { images, labels } = await readIdxDataset('mnist', files, [...'0123456789']);
  expect(images.shape).toEqual([10_000, 28, 28, 1]);
  expect([...labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
  // The counts of the ten digits are published with the set.
  expect([...'0123456789'].map((digit) => labels.filter((label) => label === Number(digit)).length)).toEqual([
    980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
  ]);
});
