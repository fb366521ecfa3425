import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readProtocol, shippedProtocols } from './protocol.ts';
import { resolveRun, type ResolvedRun } from './resolve.ts';
import type { Settings } from './settings.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-protocol-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const resolve = (settings: Settings): Promise<ResolvedRun> => resolveRun(settings, folder);
const small = { ...readProtocol('quick', '.'), name: 'mine', methods: [{ name: 'saliency' }], metrics: [{ name: 'deletion' }] };
const write = (protocol: object): string => {
  const file = join(folder, 'mine.json');
  writeFileSync(file, JSON.stringify(protocol));
  return file;
};

test.each(shippedProtocols())('%s holds what its name says, and resolves', async (name) => {
  const protocol = readProtocol(name, folder);
  expect(protocol.name).toBe(name);
  const { configuration } = await resolve({ protocol: name, ...(name.startsWith('full') && { dataDir: folder }) });
  expect(configuration.methods.filter(({ control }) => control).map((method) => method.name)).toEqual(expect.arrayContaining(['random', 'edges', 'constant']));
  expect(configuration.metrics.length).toBeGreaterThanOrEqual(protocol.metrics.length);
});

test('a name without its version means the latest', () => {
  expect(readProtocol('standard', folder).name).toBe('standard-v1');
  expect(() => readProtocol('standart', folder)).toThrow(expect.objectContaining({ code: 'METHOD_UNKNOWN', message: expect.stringMatching(/standart.*`standard-v1`/) }));
});

test('every method of the project stands in the standard protocol', async () => {
  const { configuration } = await resolve({});
  const { broughtMethods } = await import('../plugins/known-methods.ts');
  const all = (await broughtMethods()).methods.map(({ factory }) => factory.name);
  expect(all.filter((name) => !configuration.methods.some(({ method }) => method === name))).toEqual([]);
});

test('the resolved protocol is a protocol that means the same', async () => {
  const first = await resolve({ protocol: write({ ...small, methods: [{ name: 'smooth', method: 'noise-tunnel', options: { method: 'saliency' } }], substrate: 'blur' }) });
  const again = await resolve({ protocol: write(first.protocol.resolved as object) });
  expect(again.protocol.hash).toBe(first.protocol.hash);
  expect(again.configuration).toEqual(first.configuration);
});

test('the hash tells other protocols apart, and not the machine', async () => {
  const hashOf = async (settings: Settings): Promise<string> => (await resolve({ protocol: write(small), ...settings })).protocol.hash;
  expect(await hashOf({ samples: 3 })).not.toBe(await hashOf({ samples: 4 }));
  expect(await hashOf({ out: 'here', workers: 1 })).toBe(await hashOf({ out: 'there', workers: 4 }));
  const files = (dataDir: string): Promise<string> => hashOf({ dataset: 'mnist', dataDir });
  expect(await files('a')).toBe(await files('b'));
});

test('a substrate and a baseline for all reach those that have none of their own', async () => {
  const { configuration } = await resolve({ protocol: write({
    ...small, substrate: 'blur', baseline: 'blur', methods: [{ name: 'saliency' }, { name: 'integrated-gradients' }, { name: 'occlusion', options: { baseline: 'zero' } }],
    metrics: [{ name: 'deletion' }, { name: 'insertion', options: { substrate: 'mean' } }, { name: 'sparseness' }],
  }) });
  expect(configuration.metrics.map(({ options }) => options['substrate'])).toEqual(['blur', 'mean', undefined]);
  expect(configuration.methods.slice(0, 3).map(({ options }) => options['baseline'])).toEqual([undefined, 'blur', 'zero']);
});

test('one metric may stand there with several options, each under its name', async () => {
  const { configuration } = await resolve({ protocol: write({
    ...small, metrics: [{ name: 'deletion' }, { name: 'deletion-blur', metric: 'deletion', options: { substrate: 'blur' }, samples: 3 }],
  }), metricOptions: { 'deletion-blur': { steps: 4 } } });
  expect(configuration.metrics.map(({ name, options, samples }) => [name, options['substrate'], options['steps'], samples])).toEqual([
    ['deletion', 'zero', 32, 8], ['deletion-blur', 'blur', 4, 3],
  ]);
});

test('flags name what they changed, and take options from the protocol', async () => {
  const { protocol, configuration } = await resolve({ metrics: ['deletion', 'entropy'], methods: ['rise'] });
  expect(protocol.changed).toEqual(['methods', 'metrics']);
  expect(configuration.metrics.map(({ name, options }) => [name, options['substrate']])).toEqual([['deletion', 'mean'], ['entropy', undefined]]);
  expect(configuration.methods[0]).toMatchObject({ name: 'rise', options: { samples: 160 } });
  expect(configuration.pruning).toBeNull();
});

test('a data folder that is named after a data set of the protocol holds that set alone', async () => {
  const namesOf = async (dataDir: string): Promise<string[]> => (await resolve({ protocol: 'full', dataDir })).configuration.datasets.map(({ name }) => name);
  expect(await namesOf('data')).toEqual(['fashion-mnist', 'mnist', 'cifar10']);
  expect(await namesOf('data/fashion-mnist')).toEqual(['fashion-mnist']);
});

test.each([
  ['an unknown field', { ...small, sampels: 4 }, 'CONFIGURATION_INVALID', /sampels.*Did you mean `samples`/],
  ['a missing field', { ...small, statistics: undefined }, 'CONFIGURATION_INVALID', /`statistics`/],
  ['another format', { ...small, format: 2 }, 'CONFIGURATION_INVALID', /`format`/],
  ['a name twice', { ...small, metrics: [{ name: 'deletion' }, { name: 'deletion' }] }, 'CONFIGURATION_INVALID', /`metrics`.*twice/],
  ['an unknown metric', { ...small, metrics: [{ name: 'deletions' }] }, 'METHOD_UNKNOWN', /`deletions`.*`deletion`/],
  ['an unknown option', { ...small, metrics: [{ name: 'deletion', options: { step: 4 } }] }, 'OPTION_UNKNOWN', /`step`.*`deletion`/],
  ['an unknown control', { ...small, controls: ['edge'] }, 'METHOD_UNKNOWN', /control `edge`/],
])('%s is refused with its place', async (_, protocol, code, message) => {
  await expect(resolve({ protocol: write(protocol) })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
