import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import { openExplanations, type StoredExplanation } from './explanation-store.ts';
import { hashOf } from './hash.ts';
import { openRetrainings } from './retraining-store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-explanations-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const key = hashOf('an explanation');
const explanation: StoredExplanation = {
  values: tensor([2, 1, 1, 2], [1, -2, 0.1, 1e-30]), layout: 'NCHW', targets: [3, 1], provenance: null,
  cost: { forwardPasses: 2, backwardPasses: 0, seconds: 0.25, peakMemoryBytes: null },
};
const fileOf = (name: string): string => join(folder, name.slice(0, 2), `${name}.explanation`);

test('an explanation comes back bit by bit, and nothing else lies in the folder', () => {
  const store = openExplanations(folder);
  expect(store.read(key)).toBeUndefined();
  store.write(key, explanation);
  expect(store.read(key)).toEqual(explanation);
  expect(readdirSync(join(folder, key.slice(0, 2)))).toEqual([`${key}.explanation`]);
});

test.each<readonly [string, (file: string, bytes: Buffer) => void]>([
  ['a bit that flipped', (file, bytes) => { bytes[bytes.length - 1]! ^= 1; writeFileSync(file, bytes); }],
  ['an end that is missing', (file, bytes) => { truncateSync(file, bytes.length - 4); }],
  ['an empty file', (file) => { writeFileSync(file, ''); }],
  ['another file', (file) => { writeFileSync(file, 'no explanation\n{}\n'); }],
])('%s counts as not there, and is written anew', (_, damage) => {
  const store = openExplanations(folder);
  store.write(key, explanation);
  damage(fileOf(key), readFileSync(fileOf(key)));
  expect(store.read(key)).toBeUndefined();
  store.write(key, explanation);
  expect(store.read(key)).toEqual(explanation);
});

test('a file under the name of another is not taken for it', () => {
  const store = openExplanations(folder);
  store.write(key, explanation);
  const other = `${key.slice(0, 2)}${hashOf('another').slice(2)}`;
  writeFileSync(fileOf(other), readFileSync(fileOf(key)));
  expect(store.read(other)).toBeUndefined();
});

test('retrainings come back, damaged ones do not', () => {
  const store = openRetrainings(folder);
  expect(store.read(key)).toBeUndefined();
  store.write(key, Uint8Array.of(1, 0, 1));
  expect(store.read(key)).toEqual(Uint8Array.of(1, 0, 1));
  const file = join(folder, key.slice(0, 2), `${key}.json`);
  writeFileSync(file, readFileSync(file, 'utf8').replace('101', '111'));
  expect(store.read(key)).toBeUndefined();
});
