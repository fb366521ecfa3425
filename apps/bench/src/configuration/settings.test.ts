import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { settingsFromFlags } from '../command-line/settings-from-flags.ts';
import { readSettings } from './settings.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-settings-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const write = (content: unknown): string => {
  const path = join(folder, 'bench.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

test('flags come before the file, and lists are split', () => {
  write({ samples: 4, seeds: 2, methods: ['saliency'] });
  expect(settingsFromFlags({ config: 'bench.json', samples: '9', methods: 'grad-cam, occlusion' }, folder)).toEqual({
    samples: 9, seeds: 2, methods: ['grad-cam', 'occlusion'],
  });
});

test('paths of a file are relative to the file', () => {
  expect(readSettings(write({ dataDir: 'data', out: '/results' }))).toEqual({ dataDir: join(folder, 'data'), out: '/results' });
});

test.each([
  ['an unknown setting', { sampels: 4 }, /sampels.*Did you mean `samples`/],
  ['an unknown setting inside', { pruning: { fraction: 4 } }, /`pruning` holds the unknown setting `fraction`/],
  ['a number of the wrong kind', { samples: 1.5 }, /`samples`/],
  ['a share above 100', { pruning: { fractions: [101] } }, /pruning\.fractions\.0/],
  ['an empty list', { methods: [] }, /`methods`/],
  ['a list at the top', [], /expected object/],
  ['no JSON', '{ "samples": 4', /bench\.json/],
])('%s is refused with its place', (_, content, message) => {
  const path = write(content);
  expect(() => readSettings(path)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringMatching(message) }));
});

test('a file that does not exist is refused', () => {
  expect(() => settingsFromFlags({ config: 'none.json' }, folder)).toThrow(/none\.json.*does not exist/);
});

test.each([{ samples: 'many' }, { samples: '0' }, { fractions: '60,x' }, { methods: 'saliency,' }])('bad flags are refused: %j', (flags) => {
  expect(() => settingsFromFlags(flags, folder)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
});
