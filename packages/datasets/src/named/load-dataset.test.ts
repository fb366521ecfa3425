import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sliceBatch } from '@pellucid/core';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { embeddedDataset } from '../shapes/embedded-dataset.ts';
import { loadDataset } from './load-dataset.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-'));
});
afterAll(() => rm(folder, { recursive: true }));

const image = (value: number): Buffer => Buffer.from([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, value]);
const label = (value: number): Buffer => Buffer.from([0, 0, 8, 1, 0, 0, 0, 1, value]);

test('gives the embedded set without any files', async () => {
  const loaded = await loadDataset('shapes', '/nowhere', { split: 'test', count: 3 });
  expect(loaded).toEqual(embeddedDataset({ split: 'test', count: 3 }));
});

test('finds the files in the data folder or in a subfolder of the name of the set', async () => {
  await mkdir(join(folder, 'fashion-mnist'));
  await writeFile(join(folder, 'train-images.idx3-ubyte'), image(255));
  await writeFile(join(folder, 'train-labels.idx1-ubyte'), label(4));
  await writeFile(join(folder, 'fashion-mnist', 'train-images-idx3-ubyte'), image(0));
  await writeFile(join(folder, 'fashion-mnist', 'train-labels-idx1-ubyte'), label(9));
  const digits = await loadDataset('mnist', folder, { split: 'train' });
  const clothes = await loadDataset('fashion-mnist', folder, { split: 'train' });
  expect([digits.name, digits.classNames[digits.labels[0]!], digits.images.data[0]]).toEqual(['mnist', '4', 1]);
  expect([clothes.name, clothes.classNames[clothes.labels[0]!], clothes.images.data[0]]).toEqual(['fashion-mnist', 'Ankle boot', 0]);
});

test.each(['mnist', 'cifar10'])('lists what it looked for when %s is missing', async (name) => {
  await expect(loadDataset(name, join(folder, 'empty'), { split: 'test' })).rejects.toMatchObject({
    code: 'DATA_MISSING',
    message: expect.stringMatching(new RegExp(`empty/${name}.*${name === 'mnist' ? 't10k-images-idx3-ubyte' : 'test_batch.bin'}`)),
  });
});

test('suggests names for one that it does not know', async () => {
  await expect(loadDataset('fashion', folder, { split: 'test' })).rejects.toMatchObject({
    code: 'METHOD_UNKNOWN', message: expect.stringContaining('`fashion-mnist`'),
  });
});

const SHARED = resolve(import.meta.dirname, '../../../../../shared/data');
(existsSync(SHARED) ? test : test.skip).each([
  ['cifar10', 'train', 1000, [32, 32, 3], 'frog'],
  ['cifar10', 'test', 1000, [32, 32, 3], 'cat'],
  ['fashion-mnist', 'train', 4722, [28, 28, 1], 'Ankle boot'],
  ['fashion-mnist', 'test', 1000, [28, 28, 1], 'Ankle boot'],
] as const)('reads the real %s (%s)', async (name, split, count, shape, first) => {
  const { images, labels, classNames } = await loadDataset(name, SHARED, { split });
  expect(images.shape).toEqual([count, ...shape]);
  expect(classNames[labels[0]!]).toBe(first);
  expect(new Set(labels).size).toBe(10);
  const few = await loadDataset(name, SHARED, { split, count: 5 });
  expect(few.images.data).toEqual(sliceBatch(images, 0, 5).data);
  expect(few.labels).toEqual(labels.slice(0, 5));
});
