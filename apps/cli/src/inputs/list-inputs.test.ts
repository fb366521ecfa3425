import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listInputs } from './list-inputs.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-inputs-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function touch(...names: string[]): void {
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), '');
  }
}

test('inputs of the same stem get different names for their results', async () => {
  touch('a/cat.jpg', 'b/Cat.png', 'c/cat-2.webp');
  const inputs = await listInputs(['a/cat.jpg', 'b/Cat.png', 'c/cat-2.webp'], folder);
  expect(inputs.map(({ stem }) => stem)).toEqual(['cat', 'Cat-2', 'cat-2-2']);
});

test('a folder stands for its images, sorted, and for nothing else in it', async () => {
  touch('in/b.JPEG', 'in/a.png', 'in/notes.txt', 'in/map.npy');
  const inputs = await listInputs(['in'], folder);
  expect(inputs.map(({ shown, kind }) => [shown, kind])).toEqual([[join('in', 'a.png'), 'image'], [join('in', 'b.JPEG'), 'image']]);
});

test('the images of class folders are inputs too', async () => {
  touch('in/dogs/a.png', 'in/cats/a.png');
  const inputs = await listInputs(['in'], folder);
  expect(inputs.map(({ shown, stem }) => [shown, stem])).toEqual([[join('in', 'cats', 'a.png'), 'a'], [join('in', 'dogs', 'a.png'), 'a-2']]);
});

test('a pipe, which could be waited for without end, is refused', async () => {
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [join(folder, 'cat.png')]);
  await expect(listInputs(['cat.png'], folder)).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('it is a pipe or a device') });
});

test('an empty folder, a missing file and an unknown ending are told apart', async () => {
  touch('cat.jpg', 'cat.gif');
  mkdirSync(join(folder, 'empty'));
  await expect(listInputs(['empty'], folder)).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringContaining('the folder is empty') });
  await expect(listInputs(['cat.jgp'], folder)).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringContaining('`cat.jpg`') });
  await expect(listInputs(['cat.gif'], folder)).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('`.gif`') });
});

test('what is suggested for a missing file could stand in its place, and a pattern is left to the shell', async () => {
  touch('cat.jpg.txt', 'cot.onnx', 'dog.png', 'cats/a.png');
  await expect(listInputs(['cat.jpg'], folder)).rejects.toMatchObject({ message: expect.stringMatching(/There is: (`cats`, `dog.png`|`dog.png`, `cats`)\./) });
  await expect(listInputs(['*.png'], folder)).rejects.toMatchObject({ code: 'DATA_MISSING', message: expect.stringContaining('without quotes, or give the folder') });
});
