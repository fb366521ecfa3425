import { PellucidError, suggestNames, throwIfAborted } from '@pellucid/core';
import { createFolder, unwritable } from '@pellucid/files';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { x } from 'tar';
import { reasonOf } from '../files/system-error.ts';
import { download } from './download.ts';
import { PUBLICATIONS, type FetchableDataset, type Publication, type PublishedFile } from './publications.ts';

/** What happened to a file. */
export interface FetchedFile {
  readonly name: string;
  readonly status: 'downloaded' | 'present';
}

/** Settings of a download. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of a file that are there, and bytes in all where the server says so. */
  readonly onProgress?: ((file: string, done: number, total: number | null) => void) | undefined;
  /** Where to download from instead. @defaultValue `PUBLICATIONS` */
  readonly publications?: Readonly<Record<string, Publication>> | undefined;
}

/** The names under which a file may lie there already: as it comes, unpacked, or what is in it. */
const namesOf = ({ name, archive }: PublishedFile): readonly (readonly string[])[] => [[name], [name.replace(/\.gz$/, '')], ...(archive ? [archive] : [])];

async function unpack(path: string, folder: string, wanted: readonly string[]): Promise<void> {
  try {
    const last = (name: string): string => name.split('/').at(-1) ?? '';
    await x({ file: path, cwd: folder, strip: 1, filter: (name, entry) => wanted.includes(last(name)) && 'type' in entry && entry.type === 'File' });
  } catch (cause) {
    throw new PellucidError('DATA_INVALID', { file: path, format: 'a tar archive', problem: reasonOf(cause), help: 'Remove it and run it again.' }, { cause });
  }
  await rm(path);
}

/**
 * Downloads a data set from its publisher into `dataDir/<name>`, from where `loadDataset` reads it. Files that are there are used as they are; what an earlier
 * attempt left unfinished goes on.
 * @throws METHOD_UNKNOWN for another name; DATA_MISSING, DATA_INVALID, OUTPUT_UNWRITABLE, ABORTED.
 */
export async function fetchDataset(name: FetchableDataset | (string & {}), dataDir: string, options: FetchOptions = {}): Promise<readonly FetchedFile[]> {
  const { signal, onProgress, publications = PUBLICATIONS } = options;
  const publication = new Map(Object.entries(publications)).get(name);
  if (publication === undefined) {
    throw new PellucidError('METHOD_UNKNOWN', { kind: 'data set to download', name, help: suggestNames(name, Object.keys(publications)) });
  }
  const folder = join(dataDir, name);
  createFolder(folder);
  const present = new Set(
    await readdir(folder).catch((cause: unknown) => {
      throw unwritable(folder, cause);
    }),
  );
  const fetched: FetchedFile[] = [];
  for (const file of publication.files) {
    throwIfAborted(signal, `the download of \`${name}\``);
    const there = namesOf(file).some((names) => names.every((candidate) => present.has(candidate)));
    if (!there) {
      const path = join(folder, file.name);
      await download({ ...file, path, signal, onProgress: (done, total) => onProgress?.(file.name, done, total) });
      if (file.archive !== undefined) await unpack(path, folder, file.archive);
    }
    fetched.push({ name: file.name, status: there ? 'present' : 'downloaded' });
  }
  return fetched;
}
