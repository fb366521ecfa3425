import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readCifar10 } from './read-cifar10.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cifar-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}
/** Red counts the pixels, green is 255 less that, blue is constant. */
function record(label: number, blue: number): Buffer {
  const red = Array.from({ length: 1024 }, (_, i) => i % 256);
  return Buffer.from([label, ...red, ...red.map((value) => 255 - value), ...Array.from({ length: 1024 }, () => blue)]);
}
const TWO = Buffer.concat([record(3, 51), record(9, 102)]);

test.each([
  ['plain', TWO],
  ['gzip', gzipSync(TWO)],
])('turns the planes of a %s file into pixels', async (_, bytes) => {
  const { images, labels, classNames, layout } = await readCifar10([await write('two', bytes)]);
  expect(layout).toBe('NHWC');
  expect(images.shape).toEqual([2, 32, 32, 3]);
  expect([...labels].map((label) => classNames[label])).toEqual(['cat', 'truck']);
  const pixel = (image: number, i: number): number[] => [...images.data.subarray((image * 1024 + i) * 3, (image * 1024 + i) * 3 + 3)].map((value) => Math.round(value * 255));
  expect(pixel(0, 7)).toEqual([7, 248, 51]);
  expect(pixel(1, 1023)).toEqual([255, 0, 102]);
});

test('reads files one after the other, up to the wanted number', async () => {
  const paths = [await write('a.bin', TWO), await write('b.bin', record(5, 0)), join(folder, 'never opened')];
  expect([...(await readCifar10(paths.slice(0, 2))).labels]).toEqual([3, 9, 5]);
  expect([...(await readCifar10(paths, { count: 3 })).labels]).toEqual([3, 9, 5]);
  expect([...(await readCifar10(paths, { count: 1 })).labels]).toEqual([3]);
});

test.each([
  ['a file cut in the middle', TWO.subarray(0, 5000), {}, /5000 bytes are not a whole number of records of 3073/],
  ['one cut after what is wanted', TWO.subarray(0, 5000), { count: 1 }, /5000 bytes/],
  ['a compressed file cut in the middle', gzipSync(TWO.subarray(0, 5000)), {}, /5000 bytes/],
  ['an empty file', Buffer.alloc(0), {}, /0 bytes/],
  ['a label above 9', Buffer.concat([record(3, 0), record(10, 0)]), {}, /label of record 1 is 10/],
])('refuses %s', async (_, bytes, options, message) => {
  await expect(readCifar10([await write('bad', bytes)], options)).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringMatching(message) });
});
