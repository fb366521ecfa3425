import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createFolder, ensureWritable, unwritable, writeWhole } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'pellucid-files-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const unwritableAt = (path: string): unknown => expect.objectContaining({ code: 'OUTPUT_UNWRITABLE', message: expect.stringContaining(path) });

test('a whole file leaves no draft behind, and makes the folders that it needs', () => {
  writeWhole(join(folder, 'outer/inner/file.txt'), 'content');
  expect(readdirSync(join(folder, 'outer/inner'))).toEqual(['file.txt']);
  expect(readFileSync(join(folder, 'outer/inner/file.txt'), 'utf8')).toBe('content');
});

test('a file is replaced as a whole', () => {
  const path = join(folder, 'again.bin');
  writeWhole(path, new Uint8Array([1, 2, 3]));
  writeWhole(path, new Uint8Array([4]));
  expect([...readFileSync(path)]).toEqual([4]);
});

test('a folder in the way of a file is said, stays, and no draft is left', () => {
  const path = join(folder, 'taken');
  mkdirSync(join(path, 'inner'), { recursive: true });
  expect(() => {
    writeWhole(path, '');
  }).toThrow(unwritableAt(path) as Error);
  expect(readdirSync(folder).filter((name) => name.startsWith('taken'))).toEqual(['taken']);
  expect(existsSync(join(path, 'inner'))).toBe(true);
});

test('a path below a file cannot be written, and says so', () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'stays');
  expect(() => {
    ensureWritable(join(file, 'results'));
  }).toThrow(unwritableAt(file) as Error);
  expect(() => {
    writeWhole(join(file, 'a.json'), '');
  }).toThrow(unwritableAt(file) as Error);
  expect(readFileSync(file, 'utf8')).toBe('stays');
});

test('a place that the system denies ends in an error, not in an endless search', () => {
  expect(() => createFolder('/proc/no/such/place')).toThrow(unwritableAt('/proc/no/such/place') as Error);
});

test('the topmost new folder is returned, so that a run can take back what it made', () => {
  expect(createFolder(join(folder, 'a/b/c'))).toBe(join(folder, 'a'));
  expect(createFolder(join(folder, 'a/b/d'))).toBe(join(folder, 'a/b/d'));
  expect(createFolder(join(folder, 'a/b'))).toBeUndefined();
});

test('a folder that takes files is left as it was', () => {
  ensureWritable(join(folder, 'open'));
  expect(readdirSync(join(folder, 'open'))).toEqual([]);
});

test.each([
  ['ENOSPC', 'the disk is full'],
  ['EROFS', 'the file system is read-only'],
  ['EIO', 'the system refused'],
])('%s is said in words', (code, words) => {
  expect(unwritable('place', Object.assign(new Error('no'), { code })).message).toContain(`${code}, ${words}`);
});
