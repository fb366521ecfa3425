import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readLabels } from './labels.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-labels-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function write(text: string): string {
  const path = join(folder, 'labels.txt');
  writeFileSync(path, text);
  return path;
}

test('each line is a class name, whatever ends the lines', async () => {
  expect(await readLabels(write('cat\ndog\n'), 2)).toEqual(['cat', 'dog']);
  expect(await readLabels(write('\uFEFFcat\r\ngreat dane\r\n\r\n'), 2)).toEqual(['cat', 'great dane']);
});

test('WordNet ids are left out', async () => {
  expect(await readLabels(write('n01440764 tench, Tinca tinca\nn01443537 goldfish\n'), 2)).toEqual(['tench, Tinca tinca', 'goldfish']);
});

test('a wrong number of names and a missing file are errors that say so', async () => {
  await expect(readLabels(write('cat\ndog'), 3)).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringMatching(/2 lines.*3 classes/) });
  await expect(readLabels(join(folder, 'none.txt'), 3, 'none.txt')).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringContaining('in `none.txt`') });
});

test('a file in another encoding is an error, not names with holes', async () => {
  const path = join(folder, 'latin.txt');
  writeFileSync(path, Uint8Array.of(0x63, 0x61, 0xe9, 0x0a));
  await expect(readLabels(path, 1)).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('UTF-8') });
});
