import { expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadDataset } from '../named/load-dataset.ts';
import { readMatArray } from './read-mat.ts';
import { readSvhn } from './read-svhn.ts';

/** Files that SciPy wrote: `tools/reference/make_svhn.py`. */
const file = (name: string): string => resolve(import.meta.dirname, '../../test/svhn', name);

/** What the files hold at a place. */
const value = (image: number, row: number, column: number, channel: number): number => image * 50 + channel * 10 + ((row * 3 + column * 5) % 7);

test.each(['compressed.mat', 'doubles.mat'])('digits lie as they were drawn, and a ten is a zero: %s', async (name) => {
  const { images, labels, classNames } = await readSvhn(file(name));
  expect(images.shape).toEqual([3, 32, 32, 3]);
  expect([...labels].map((label) => classNames[label])).toEqual(['0', '1', '9']);
  for (const [image, row, column, channel] of [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 31, 2, 1], [2, 30, 31, 2]] as const) {
    expect(images.data[((image * 32 + row) * 32 + column) * 3 + channel]).toBeCloseTo(value(image, row, column, channel) / 255, 6);
  }
});

test('a few digits are the first ones', async () => {
  const [all, few] = [await readSvhn(file('compressed.mat')), await readSvhn(file('compressed.mat'), { count: 2 })];
  expect(few.images.data).toEqual(all.images.data.subarray(0, 2 * 32 * 32 * 3));
  expect([...few.labels]).toEqual([0, 1]);
  expect((await readMatArray(file('doubles.mat'), 'X', { most: 7 })).values).toHaveLength(7);
});

test('files that are none, are damaged or do not fit are named with the reason', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mat-'));
  const bytes = await readFile(file('compressed.mat'));
  const flipped = Uint8Array.from(bytes);
  for (let i = 300; i < 330; i++) flipped[i]! ^= 0x55;
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(), 'does not begin'], [bytes.subarray(0, 100), 'does not begin'], [bytes.subarray(0, 140), 'cut short'], [flipped, 'damaged'],
    [Buffer.concat([bytes.subarray(0, 124), Buffer.from([2, 0]), bytes.subarray(126)]), 'HDF5'], [bytes.subarray(0, 128), 'no array `y`'],
  ];
  for (const [content, problem] of cases) {
    const path = join(folder, 'test_32x32.mat');
    await writeFile(path, content);
    await expect(loadDataset('svhn', folder, { split: 'test' })).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining(problem) });
  }
  await expect(readSvhn(file('unequal.mat'))).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('2 labels') });
  await expect(readMatArray(file('compressed.mat'), 'note')).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('not numbers') });
  await expect(loadDataset('svhn', folder, { split: 'train' })).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringContaining('train_32x32.mat') });
  await rm(folder, { recursive: true });
});
