import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PellucidError } from '@pellucid/core';

/** The results of a run in the making. Nothing stands under its final name before `commit`. */
export interface OutputFolder {
  /** Writes a file under a temporary name in the folder. @throws OUTPUT_UNWRITABLE. */
  readonly stage: (name: string, content: Uint8Array | string) => Promise<void>;
  /** Gives every staged file its final name. @throws OUTPUT_UNWRITABLE. */
  readonly commit: () => Promise<void>;
  /** Removes what this run made: staged files, and the folders that it created as far as they are empty. */
  readonly discard: () => Promise<void>;
}

function unwritable(path: string, cause: unknown): PellucidError {
  const problem = cause instanceof Error && 'code' in cause ? `${String(cause.code)}, ${reasonOf(String(cause.code))}` : String(cause);
  const help = 'Choose a folder that you may write with `--out DIR`.';
  return new PellucidError('OUTPUT_UNWRITABLE', { path, problem, help }, { cause });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'a file of this name is in the way',
  EISDIR: 'a folder of this name is in the way',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

const reasonOf = (code: string): string => REASONS[code] ?? 'the system refused';

async function attempt<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Removes empty folders from `folder` up to `last`; stops at the first that holds something. */
async function removeEmptyFolders(folder: string, last: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch {
    return;
  }
  if (folder !== last) await removeEmptyFolders(dirname(folder), last);
}

const codeOf = (cause: unknown): unknown => (typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined);

/**
 * Creates a folder and those above it; returns the topmost that is new. Step by step, because Node's recursive `mkdir` never returns where
 * the system answers ENOENT below a folder that exists, as /proc does.
 */
async function createFolder(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder);
    return folder;
  } catch (cause) {
    const parent = dirname(folder);
    if (codeOf(cause) === 'EEXIST' && (await stat(folder)).isDirectory()) return undefined;
    if (codeOf(cause) !== 'ENOENT' || existsSync(parent)) throw cause;
    const topmost = await createFolder(parent);
    const created = await createFolder(folder);
    return topmost ?? created;
  }
}

/** Opens the folder for the results of a run and creates it where it is missing. @throws OUTPUT_UNWRITABLE. */
export async function openOutputFolder(folder: string): Promise<OutputFolder> {
  const firstCreated = await attempt(folder, () => createFolder(folder));
  const token = randomBytes(4).toString('hex');
  const staged = new Map<string, string>();
  return {
    stage: async (name, content) => {
      const temporary = join(folder, `.${name}.${token}.part`);
      staged.set(name, temporary);
      await attempt(join(folder, name), () => writeFile(temporary, content));
    },
    commit: async () => {
      // A folder in the way is found before the first rename, so that a failure changes nothing.
      for (const name of staged.keys()) {
        const path = join(folder, name);
        const existing = await stat(path).catch(() => undefined);
        if (existing?.isDirectory() === true) throw unwritable(path, Object.assign(new Error('directory'), { code: 'EISDIR' }));
      }
      for (const [name, temporary] of staged) await attempt(join(folder, name), () => rename(temporary, join(folder, name)));
      staged.clear();
    },
    discard: async () => {
      for (const temporary of staged.values()) await rm(temporary, { force: true });
      if (firstCreated !== undefined) await removeEmptyFolders(folder, firstCreated);
    },
  };
}
