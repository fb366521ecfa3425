import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readManifest } from './package-manifest.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-plugins-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function manifest(fields: object): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'my-method', ...fields }));
  return folder;
}

test('the entry of a package follows its exports as import does', async () => {
  const entries: [object, string][] = [
    [{}, 'index.js'],
    [{ main: 'lib.js' }, 'lib.js'],
    [{ main: 'lib.js', exports: './a.js' }, './a.js'],
    [{ exports: { require: './a.cjs', import: './a.mjs' } }, './a.mjs'],
    [{ exports: { '.': { types: './a.d.ts', default: './a.js' } } }, './a.js'],
    [{ exports: { '.': [{ browser: './b.js' }, { node: { import: './n.js' } }] } }, './n.js'],
  ];
  for (const [fields, entry] of entries) expect((await readManifest(manifest(fields)))?.entry).toBe(join(folder, entry));
});

test('the methods of a package stand in its pellucid field', async () => {
  expect((await readManifest(manifest({ pellucid: { methods: ['mine', 5] } })))?.methods).toEqual(['mine']);
  expect((await readManifest(manifest({ pellucid: 'yes' })))?.methods).toEqual([]);
  expect(await readManifest(join(folder, 'nowhere'))).toBeUndefined();
});
