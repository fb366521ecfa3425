import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PellucidError } from '@pellucid/core';

const codeOf = (error: unknown): unknown => (typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined);

/**
 * Makes a folder and those above it, step by step: Node's recursive `mkdir` never returns where the system answers ENOENT below a folder that exists, as
 * /proc does.
 */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || existsSync(dirname(folder))) throw error;
    await makeFolder(dirname(folder));
    await makeFolder(folder);
  }
}

/**
 * Writes a file under another name first, and waits until it is on the disk: nothing half-written is ever left under its own name.
 * @throws OUTPUT_UNWRITABLE.
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const part = `${path}.part`;
  try {
    await makeFolder(dirname(path));
    const file = await open(part, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    const problem = String(error).replace(/^Error: /, '');
    throw new PellucidError('OUTPUT_UNWRITABLE', { path, problem, help: 'Name a place that can be written.' }, { cause: error });
  }
}
