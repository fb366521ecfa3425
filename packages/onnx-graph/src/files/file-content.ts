import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { PellucidError } from '@pellucid/core';

/** A file that is read in parts, and is expected to stay as it was when it was opened. */
export interface FileContent {
  /** Absolute, with links resolved. */
  readonly path: string;
  readonly size: number;
  /** The bytes from `offset` on, in memory of their own; fewer where the file ends. @throws DATA_MISSING when the file has changed. */
  readonly read: (offset: number, length: number) => Uint8Array<ArrayBuffer>;
  /** @throws DATA_MISSING when the file has changed. */
  readonly verify: () => void;
}

/** Node reads at most this much at once. */
const LONGEST_READ = 2 ** 30;

const isSame = (a: BigIntStats, b: BigIntStats): boolean => a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs;

function changed(path: string, problem: string, cause?: unknown): PellucidError {
  return new PellucidError('DATA_MISSING', { what: 'the model', where: path, problem, help: 'Load the model again.' }, { cause });
}

/** What is thrown for a pipe or a device: opening one may wait for ever, and it has no parts to go back to. */
export class NotRegular extends Error {}

/** Opens a file for the length of a task. */
function withFile<Result>(path: string, task: (file: number, state: BigIntStats) => Result): Result {
  const kind = statSync(path);
  if (!kind.isFile() && !kind.isDirectory()) throw new NotRegular(`\`${path}\` is no regular file`);
  const file = openSync(path, 'r');
  try {
    return task(file, fstatSync(file, { bigint: true }));
  } finally {
    closeSync(file);
  }
}

/** A file to read from. Throws what the file system says when it cannot be read. */
export function fileContent(given: string): FileContent {
  const path = realpathSync(given);
  const first = withFile(path, (file, state) => {
    // Folders can be opened; reading one tells that it is none.
    readSync(file, new Uint8Array(1), 0, 1, 0);
    return state;
  });
  const checked = <Result>(task: (file: number) => Result): Result => {
    let outcome: { readonly result: Result } | null;
    try {
      outcome = withFile(path, (file, state) => (isSame(first, state) ? { result: task(file) } : null));
    } catch (cause) {
      throw changed(path, `it can no longer be read (${cause instanceof Error ? cause.message : String(cause)})`, cause);
    }
    if (outcome === null) throw changed(path, 'the file has changed since the model was loaded');
    return outcome.result;
  };
  const size = Number(first.size);
  return {
    path,
    size,
    read: (offset, length) => checked((file) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      for (let done = 0; done < bytes.length;) {
        const count = readSync(file, bytes, done, Math.min(bytes.length - done, LONGEST_READ), offset + done);
        if (count === 0) throw new Error('it ends early');
        done += count;
      }
      return bytes;
    }),
    verify: () => {
      checked(() => undefined);
    },
  };
}
