import { randomBytes } from 'node:crypto';
import { rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFolder, unwritable } from '@pellucid/files';

/** The results of a run in the making. Nothing stands under its final name before `commit`. */
export interface OutputFolder {
  /** Writes a file under a temporary name in the folder. @throws OUTPUT_UNWRITABLE. */
  readonly stage: (name: string, content: Uint8Array | string) => Promise<void>;
  /** Gives every staged file its final name. @throws OUTPUT_UNWRITABLE. */
  readonly commit: () => Promise<void>;
  /** Removes what this run made: staged files, and the folders that it created as far as they are empty. */
  readonly discard: () => Promise<void>;
}

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

/** Opens the folder for the results of a run and creates it where it is missing. @throws OUTPUT_UNWRITABLE. */
export async function openOutputFolder(folder: string): Promise<OutputFolder> {
  const firstCreated = createFolder(folder);
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
