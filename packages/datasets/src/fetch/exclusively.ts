import { PellucidError } from '@pellucid/core';
import { unwritable } from '@pellucid/files';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../files/system-error.ts';

/** Within so long a lock that is made holds the number of its process. */
const WRITING_MS = 100;

/** Locks that this process holds. */
const held = new Set<string>();

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    // Another user's process is alive, too.
    return systemCode(error) === 'EPERM';
  }
}

/** The process that holds a lock, if it still runs: a kill leaves the file behind. */
async function holderOf(lock: string): Promise<number | null> {
  const read = (): Promise<string> => readFile(lock, 'utf8').catch(() => '');
  // One that is just being written is empty.
  const holder = Number((await read()) || (await sleep(WRITING_MS).then(read)));
  if (!Number.isSafeInteger(holder) || holder < 1) return null;
  // A process with the number of this one that does not hold it is gone: numbers come again.
  return (holder === process.pid ? held.has(lock) : isAlive(holder)) ? holder : null;
}

async function take(lock: string, path: string): Promise<void> {
  const write = (): Promise<boolean> => writeFile(lock, String(process.pid), { flag: 'wx' }).then(() => true, (cause: unknown) => {
    if (systemCode(cause) === 'EEXIST') return false;
    throw unwritable(lock, cause);
  });
  if (await write()) return;
  const holder = await holderOf(lock);
  if (holder === null) {
    await rm(lock, { force: true });
    if (await write()) return;
  }
  const problem = holder === null ? 'another process has just begun to download it' : `process ${holder} is downloading it`;
  throw new PellucidError('OUTPUT_UNWRITABLE', { path, problem, help: `Wait until it ends, then run it again. If there is no such process, remove \`${lock}\`.` });
}

/**
 * Does something to a file that no other process may do at the same time.
 * @throws OUTPUT_UNWRITABLE where another one is at it.
 */
export async function exclusively<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const lock = `${path}.lock`;
  await take(lock, path);
  held.add(lock);
  try {
    return await work();
  } finally {
    held.delete(lock);
    await rm(lock, { force: true });
  }
}
