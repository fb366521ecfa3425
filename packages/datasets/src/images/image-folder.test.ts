import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { imageFolder, listImageFolder } from './image-folder.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'folder-'));
  const grey = (value: number): Promise<Buffer> =>
    sharp({ create: { width: 6, height: 4, channels: 3, background: { r: value, g: value, b: value } } }).png().toBuffer();
  const files: Readonly<Record<string, Buffer>> = {
    'classes/dog/1.png': await grey(51), 'classes/dog/2.PNG': await grey(102), 'classes/cat/1.png': await grey(255),
    'classes/cat/notes.txt': Buffer.from('no image'), 'classes/empty/readme.md': Buffer.from('no image'),
    'flat/b.png': await grey(0), 'flat/a.png': await grey(204), 'flat/.hidden.png': Buffer.from('no image'),
    'mixed/a.png': await grey(0), 'mixed/cat/1.png': await grey(0),
    'text/readme.md': Buffer.from('no image'),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), bytes);
  }
  await mkdir(join(root, 'empty'));
});
afterAll(() => rm(root, { recursive: true }));

test('takes each subfolder that holds images as a class', async () => {
  const { images, labels, classNames, layout } = await imageFolder(join(root, 'classes'), { height: 2, width: 3 });
  expect(classNames).toEqual(['cat', 'dog']);
  expect([...labels]).toEqual([0, 1, 1]);
  expect([layout, ...images.shape]).toEqual(['NHWC', 3, 2, 3, 3]);
  expect([images.data[0], images.data[18], images.data[36]]).toEqual([1, Math.fround(0.2), Math.fround(0.4)]);
});

test('takes the classes in turn where only some images are wanted', async () => {
  const { labels } = await imageFolder(join(root, 'classes'), { height: 2, width: 3, count: 2 });
  expect([...labels]).toEqual([0, 1]);
});

test('takes a folder without subfolders as one class, in the order of names', async () => {
  const { images, labels, classNames } = await imageFolder(join(root, 'flat'), { height: 4, width: 6, channels: 1 });
  expect(classNames).toEqual(['flat']);
  expect([...labels]).toEqual([0, 0]);
  expect([images.data[0], images.data[24]]).toEqual([Math.fround(0.8), 0]);
});

test.each([
  ['an empty folder', 'empty', 'DATA_MISSING', /the folder is empty/],
  ['a folder without images', 'text', 'DATA_MISSING', /no image in it/],
  ['no folder', 'absent', 'DATA_MISSING', /no such folder/],
  ['a file', 'flat/a.png', 'DATA_MISSING', /not a folder/],
  ['images beside class folders', 'mixed', 'DATA_INVALID', /`a.png` lies beside the class folder `cat`/],
])('refuses %s', async (_, name, code, message) => {
  await expect(listImageFolder(join(root, name))).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
