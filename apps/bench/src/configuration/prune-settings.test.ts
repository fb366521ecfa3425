import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeSource } from '../data/sources.ts';
import { findEarlierRun } from '../run/resume.ts';
import { describeMachine, writeRunRecord } from '../store/run-record.ts';
import type { PruneConfiguration } from './configuration.ts';
import { resolvePrune } from './resolve.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-prune-'));
  mkdirSync(join(folder, 'data/svhn'), { recursive: true });
  for (const split of ['train', 'test']) {
    cpSync(join(import.meta.dirname, '../../../../packages/datasets/test/svhn/compressed.mat'), join(folder, `data/svhn/${split}_32x32.mat`));
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('the published table takes its recipe, and of its data sets those at hand; where the others are is said', async () => {
  const { datasets, absent, recipes, fractions } = await resolvePrune({ published: true, dataDir: 'data' }, folder);
  expect(datasets.map(({ name }) => name)).toEqual(['svhn']);
  expect(absent).toEqual([{ dataset: 'fashion-mnist', reason: expect.stringContaining('http://fashion-mnist.s3-website') }]);
  expect(recipes).toEqual([
    { network: 'plain-cnn', width: 10, epochs: 20, batchSize: 256, learningRate: 0.001 },
    { network: 'resnet-18', width: 64, epochs: 20, batchSize: 256, learningRate: 0.001 },
  ]);
  expect(fractions).toEqual([60, 40, 10]);
});

test('without any of its files the published table is refused, with their addresses, and never becomes one of other data', async () => {
  await expect(resolvePrune({ published: true, dataDir: 'nothing' }, folder)).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringContaining('data fetch fashion-mnist') });
  await expect(resolvePrune({ published: true, dataset: 'fashion-mnist,svhn', dataDir: 'data' }, folder).then(({ datasets }) => Promise.all(datasets.map(probeSource))))
    .rejects.toMatchObject({ code: 'DATA_MISSING' });
  const { datasets } = await resolvePrune({ published: true, dataset: 'shapes', epochs: 2 }, folder);
  expect(datasets).toEqual([{ name: 'shapes', directory: null, trainImages: 1200, testImages: 400 }]);
});

test('several data sets and networks may be named; settings hold for all', async () => {
  const { datasets, recipes } = await resolvePrune({ dataset: 'shapes, svhn', network: 'pruning-cnn,resnet-18', width: 3, learningRate: 0.01, dataDir: 'data' }, folder);
  expect(datasets.map(({ name }) => name)).toEqual(['shapes', 'svhn']);
  expect(recipes.map(({ network, width, learningRate }) => [network, width, learningRate])).toEqual([['pruning-cnn', 3, 0.01], ['resnet-18', 3, 0.01]]);
  await expect(resolvePrune({ network: 'pruning-cnn,resnet' }, folder)).rejects.toMatchObject({ code: 'METHOD_UNKNOWN', message: expect.stringContaining('`resnet`') });
});

test('a probed data set has as many images as its files hold', async () => {
  const { datasets } = await resolvePrune({ published: true, dataDir: 'data' }, folder);
  expect(await Promise.all(datasets.map(probeSource))).toMatchObject([{ trainImages: 3, testImages: 3 }]);
});

test('a run goes on with further networks, and not with another recipe for one that it has', async () => {
  const resolve = (settings: Parameters<typeof resolvePrune>[0]): Promise<PruneConfiguration> => resolvePrune(settings, folder);
  const out = join(folder, 'out');
  writeRunRecord(out, { command: 'prune', configuration: await resolve({ network: 'plain-cnn', width: 4 }), versions: {}, machine: describeMachine(), trained: [], start: '', end: null });
  expect(findEarlierRun(out, { command: 'prune', configuration: await resolve({ network: 'resnet-18', width: 8 }) })).not.toBeNull();
  const other = await resolve({ network: 'plain-cnn,resnet-18', width: 8 });
  expect(() => findEarlierRun(out, { command: 'prune', configuration: other })).toThrow(/recipe for `plain-cnn`/);
});
