import { PellucidError, type LabelledImages } from '@pellucid/core';
import { readdir } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { systemCode } from '../files/system-error.ts';
import { readImage, type Resize } from './read-image.ts';

/** An image file and its class. */
export interface ImageFile {
  readonly path: string;
  readonly label: number;
}

/** The image files of a folder, sorted by class and name. */
export interface ImageFolder {
  readonly files: readonly ImageFile[];
  readonly classNames: readonly string[];
}

/** What the images of a folder become. */
export interface ImageFolderOptions {
  readonly height: number;
  readonly width: number;
  /** @defaultValue 3 */
  readonly channels?: 1 | 3 | undefined;
  /** @defaultValue 'cover' */
  readonly resize?: Resize | undefined;
  /** At most so many, the classes in turn. @defaultValue all */
  readonly count?: number | undefined;
}

const EXTENSIONS: ReadonlySet<string> = new Set(['.png', '.jpg', '.jpeg', '.webp']);
const isImage = (name: string): boolean => EXTENSIONS.has(extname(name).toLowerCase()) && !name.startsWith('.');

const missing = (where: string, problem: string): PellucidError =>
  new PellucidError('DATA_MISSING', { what: 'images', where, problem, help: 'Give a folder of PNG, JPEG or WebP files, or of one folder per class.' });

/**
 * Finds the images of a folder: one class per subfolder, named by it; or, where there are none, the images of the folder itself as one
 * class. Other files are passed over.
 * @throws DATA_MISSING when there is no such folder or no image in it; DATA_INVALID when images lie both beside and inside subfolders.
 */
export async function listImageFolder(folder: string): Promise<ImageFolder> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw missing(folder, systemCode(cause) === 'ENOTDIR' ? 'it is not a folder' : 'there is no such folder');
  });
  const loose = entries.filter((entry) => !entry.isDirectory() && isImage(entry.name)).map(({ name }) => name).sort();
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  const classes: { readonly name: string; readonly files: readonly string[] }[] = [];
  for (const name of folders) {
    const files = (await readdir(join(folder, name))).filter(isImage).sort();
    if (files.length > 0) classes.push({ name, files: files.map((file) => join(folder, name, file)) });
  }
  const [first] = classes;
  if (loose[0] !== undefined && first !== undefined) {
    throw new PellucidError('DATA_INVALID', {
      file: folder,
      format: 'an image folder',
      problem: `\`${loose[0]}\` lies beside the class folder \`${first.name}\``,
      help: 'Put every image into the folder of its class, or all into one folder.',
    });
  }
  if (loose.length > 0) {
    return { files: loose.map((name) => ({ path: join(folder, name), label: 0 })), classNames: [basename(resolve(folder))] };
  }
  if (first === undefined) throw missing(folder, entries.length === 0 ? 'the folder is empty' : 'there is no image in it or its subfolders');
  return {
    files: classes.flatMap(({ files }, label) => files.map((path) => ({ path, label }))),
    classNames: classes.map(({ name }) => name),
  };
}

/** The files in an order that takes the classes in turn, so that every beginning of it is as balanced as can be. */
function interleave(files: readonly ImageFile[]): ImageFile[] {
  const seen = new Map<number, number>();
  const rounds = files.map(({ label }) => {
    const round = seen.get(label) ?? 0;
    seen.set(label, round + 1);
    return round;
  });
  return [...files.keys()].sort((a, b) => rounds[a]! - rounds[b]! || a - b).map((i) => files[i]!);
}

/**
 * Reads the images of a folder (see {@link listImageFolder}) at one size, as [N, height, width, channels], values 0 to 1.
 * @throws DATA_MISSING, DATA_INVALID
 */
export async function imageFolder(folder: string, options: ImageFolderOptions): Promise<LabelledImages> {
  const { height, width, channels = 3, resize, count } = options;
  const { files, classNames } = await listImageFolder(folder);
  const chosen = count === undefined ? files : interleave(files).slice(0, count);
  const size = height * width * channels;
  const data = new Float32Array(chosen.length * size);
  for (const [i, { path }] of chosen.entries()) {
    const pixels = await readImage(path, { height, width, channels, resize });
    pixels.data.forEach((value, position) => {
      data[i * size + position] = value / 255;
    });
  }
  return {
    name: basename(resolve(folder)),
    images: { shape: [chosen.length, height, width, channels], data },
    layout: 'NHWC',
    labels: Int32Array.from(chosen, ({ label }) => label),
    classNames,
  };
}
