import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { unwritable } from './unwritable.ts';

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function create(folder: string): string | undefined {
  if (isFolder(folder)) return undefined;
  const topmost = existsSync(dirname(folder)) ? undefined : create(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (cause) {
    // Another process may have made it in between.
    if (!isFolder(folder)) throw cause;
  }
  return topmost ?? folder;
}

/**
 * Creates a folder and those above it; returns the topmost that is new, `undefined` where it was there. Step by step, because Node's recursive `mkdir` never
 * returns where the system answers ENOENT below a folder that exists, as /proc does.
 * @throws OUTPUT_UNWRITABLE.
 */
export function createFolder(folder: string): string | undefined {
  try {
    return create(folder);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}
