import { stat } from 'node:fs/promises';
import { extname, join, parse, relative, resolve } from 'node:path';
import { PellucidError } from '@pellucid/core';
import { listImageFolder } from '@pellucid/datasets';
import { suggestFiles } from './suggest-files.ts';

/** A file to explain. */
export interface InputFile {
  readonly path: string;
  /** The path as the user wrote it: for messages. */
  readonly shown: string;
  /** Start of the names of its results, different for every input of a run. */
  readonly stem: string;
  readonly kind: 'image' | 'array';
}

const IMAGES: readonly string[] = ['.jpeg', '.jpg', '.png', '.webp'];
const isImage = (path: string): boolean => IMAGES.includes(extname(path).toLowerCase());

async function missing(path: string, shown: string): Promise<PellucidError> {
  const help = /[*?]/.test(shown)
    ? 'Patterns are left to the shell: write it without quotes, or give the folder.'
    : await suggestFiles(path, [...IMAGES, '.npy'], 'Check the path.');
  return new PellucidError('DATA_MISSING', { what: 'the input', where: shown, problem: 'there is no such file or folder', help });
}

async function expand(shown: string, folder: string): Promise<{ path: string; shown: string }[]> {
  const path = resolve(folder, shown);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw await missing(path, shown);
  if (found.isFile()) return [{ path, shown }];
  if (!found.isDirectory()) {
    throw new PellucidError('DATA_INVALID', { file: shown, format: 'an input', problem: 'it is a pipe or a device', help: 'Give a file, which is read more than once.' });
  }
  const images = await listImageFolder(path);
  return images.files.map((file) => ({ path: file.path, shown: join(shown, relative(path, file.path)) }));
}

function kindOf(shown: string): InputFile['kind'] {
  if (isImage(shown)) return 'image';
  if (extname(shown).toLowerCase() === '.npy') return 'array';
  throw new PellucidError('DATA_INVALID', {
    file: shown,
    format: 'an input',
    problem: extname(shown) === '' ? 'its name has no ending' : `files ending in \`${extname(shown)}\` are not read`,
    help: 'Give PNG, JPEG or WebP images, folders of them, or float32 `.npy` arrays.',
  });
}

/**
 * Finds the files that the user named, folders expanded. Inputs of the same stem, such as `a/cat.jpg` and `b/cat.png`, are told apart
 * by a number: `cat`, `cat-2`. Upper and lower case count as the same, as on some file systems.
 * @throws DATA_MISSING, DATA_INVALID.
 */
export async function listInputs(names: readonly string[], folder: string): Promise<readonly InputFile[]> {
  const lists: { path: string; shown: string }[][] = [];
  for (const name of names) lists.push(await expand(name, folder));
  const files = lists.flat();
  const taken = new Set<string>();
  return files.map(({ path, shown }) => {
    const { name } = parse(path);
    let stem = name;
    for (let copy = 2; taken.has(stem.toLowerCase()); copy++) stem = `${name}-${copy}`;
    taken.add(stem.toLowerCase());
    return { path, shown, stem, kind: kindOf(shown) };
  });
}
