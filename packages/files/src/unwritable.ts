import { PellucidError } from '@pellucid/core';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'a file of this name is in the way',
  EISDIR: 'a folder of this name is in the way',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'the system has no such place',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

/** The error for a path that the system does not let us write: OUTPUT_UNWRITABLE, with the system's code in words. */
export function unwritable(path: string, cause: unknown): PellucidError {
  // Not by `instanceof`: Node's errors may come from another realm, as under test runners.
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined;
  const problem = code === undefined ? String(cause) : `${code}, ${REASONS[code] ?? 'the system refused'}`;
  return new PellucidError('OUTPUT_UNWRITABLE', { path, problem, help: 'Choose a folder that you may write.' }, { cause });
}
