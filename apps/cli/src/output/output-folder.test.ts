import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openOutputFolder } from './output-folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-output-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a file has its final name only after the commit', async () => {
  const output = await openOutputFolder(join(folder, 'maps'));
  await output.stage('a.json', '{}');
  expect(readdirSync(join(folder, 'maps'))).not.toContain('a.json');
  await output.commit();
  expect(readdirSync(join(folder, 'maps'))).toEqual(['a.json']);
});

test('discarding removes the staged files and the folders that were created', async () => {
  const output = await openOutputFolder(join(folder, 'new/deep/maps'));
  await output.stage('a.json', '{}');
  await output.discard();
  expect(readdirSync(folder)).toEqual([]);
});

test('discarding keeps earlier results and the folders that were there', async () => {
  mkdirSync(join(folder, 'maps'));
  writeFileSync(join(folder, 'maps/a.json'), 'earlier');
  const output = await openOutputFolder(join(folder, 'maps'));
  await output.stage('a.json', 'later');
  await output.discard();
  expect(readdirSync(join(folder, 'maps'))).toEqual(['a.json']);
  expect(readFileSync(join(folder, 'maps/a.json'), 'utf8')).toBe('earlier');
});

test('a folder in the way of a file fails before anything is renamed', async () => {
  mkdirSync(join(folder, 'maps/b.png'), { recursive: true });
  const output = await openOutputFolder(join(folder, 'maps'));
  await output.stage('a.json', '{}');
  await output.stage('b.png', '');
  await expect(output.commit()).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE', message: expect.stringContaining('a folder of this name') });
  expect(existsSync(join(folder, 'maps/a.json'))).toBe(false);
  await output.discard();
  expect(readdirSync(join(folder, 'maps'))).toEqual(['b.png']);
});

test('a path below a file cannot be a folder', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(openOutputFolder(join(folder, 'file/maps'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  await expect(openOutputFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});

const procIsThere = existsSync('/proc/self') ? test : test.skip;
procIsThere('a folder where the system lets none be made is an error at once', async () => {
  await expect(openOutputFolder('/proc/maps')).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  await expect(openOutputFolder('/proc/deep/maps')).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});
