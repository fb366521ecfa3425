import { PellucidError, suggestNames, throwIfAborted } from '@pellucid/core';
import { createFolder, unwritable } from '@pellucid/files';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { x } from 'tar';
import { reasonOf, systemCode } from '../files/system-error.ts';
import { download } from './download.ts';
import { exclusively } from './exclusively.ts';
import { PUBLICATIONS, type FetchableDataset, type Publication, type PublishedFile } from './publications.ts';

/** What happened to a file. */
export interface FetchedFile {
  readonly name: string;
  readonly status: 'downloaded' | 'present';
}

/** Settings of a download. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Seconds without a byte after which a connection counts as broken. @defaultValue 60 */
  readonly timeout?: number | undefined;
  /** Bytes of a file that are there, and bytes in all where the server says so. */
  readonly onProgress?: ((file: string, done: number, total: number | null) => void) | undefined;
  /** Where to download from instead. @defaultValue `PUBLICATIONS` */
  readonly publications?: Readonly<Record<string, Publication>> | undefined;
}

const TIMEOUT_SECONDS = 60;

/** What of a published file is there. */
type Presence = 'usable' | 'packed' | 'missing';

/** Looks for a file as it comes, unpacked, or for what is in it. */
async function presenceOf({ name, archive }: PublishedFile, folder: string): Promise<Presence> {
  const there = await readdir(folder).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
  if (archive === undefined) return there.includes(name) || there.includes(name.replace(/\.gz$/, '')) ? 'usable' : 'missing';
  if (archive.every((inner) => there.includes(inner))) return 'usable';
  return there.includes(name) ? 'packed' : 'missing';
}

/** Unpacks beside the folder's files, which get their names when all is there: a kill leaves the archive and no half of a file. */
async function unpack(path: string, folder: string, wanted: readonly string[]): Promise<void> {
  const aside = `${path}.unpacked`;
  try {
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside);
    const last = (name: string): string => name.split('/').at(-1) ?? '';
    await x({ file: path, cwd: aside, strip: 1, filter: (name, entry) => wanted.includes(last(name)) && 'type' in entry && entry.type === 'File' });
    const missing = wanted.filter((name) => !existsSync(join(aside, name)));
    if (missing.length > 0) throw new Error(`it does not hold ${missing.join(', ')}`);
    for (const name of wanted) await rename(join(aside, name), join(folder, name));
  } catch (cause) {
    if (['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'].includes(systemCode(cause))) throw unwritable(folder, cause);
    throw new PellucidError('DATA_INVALID', { file: path, format: 'a tar archive', problem: reasonOf(cause), help: 'Remove it and run it again.' }, { cause });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  await rm(path);
}

/**
 * Downloads a data set from its publisher into `dataDir/<name>`, from where `loadDataset` reads it. Files that are there are used as they are; what an earlier
 * attempt left unfinished goes on.
 * @throws METHOD_UNKNOWN for another name; DATA_MISSING, DATA_INVALID, OUTPUT_UNWRITABLE, ABORTED.
 */
export async function fetchDataset(name: FetchableDataset | (string & {}), dataDir: string, options: FetchOptions = {}): Promise<readonly FetchedFile[]> {
  const { signal, timeout = TIMEOUT_SECONDS, onProgress, publications = PUBLICATIONS } = options;
  const publication = new Map(Object.entries(publications)).get(name);
  if (publication === undefined) {
    throw new PellucidError('METHOD_UNKNOWN', { kind: 'data set to download', name, help: suggestNames(name, Object.keys(publications)) });
  }
  const folder = join(dataDir, name);
  createFolder(folder);
  const fetchFile = async (file: PublishedFile): Promise<FetchedFile['status']> => {
    const path = join(folder, file.name);
    const presence = await presenceOf(file, folder);
    if (presence === 'missing') await download({ ...file, path, timeout, signal, onProgress: (done, total) => onProgress?.(file.name, done, total) });
    if (presence !== 'usable' && file.archive !== undefined) await unpack(path, folder, file.archive);
    return presence === 'missing' ? 'downloaded' : 'present';
  };
  const fetched: FetchedFile[] = [];
  for (const file of publication.files) {
    throwIfAborted(signal, `the download of \`${name}\``);
    const usable = (await presenceOf(file, folder)) === 'usable';
    fetched.push({ name: file.name, status: usable ? 'present' : await exclusively(join(folder, file.name), () => fetchFile(file)) });
  }
  return fetched;
}
