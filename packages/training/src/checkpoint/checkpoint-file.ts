import { readFile } from 'node:fs/promises';
import { PellucidError } from '@pellucid/core';
import { writeWhole } from '@pellucid/files';
import type { Checkpoint } from './checkpoint.ts';
import { decodeCheckpoint, encodeCheckpoint } from './encode.ts';

const isMissing = (error: unknown): boolean => typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

/** The checkpoint in a file, where there is one. @throws DATA_INVALID, REQUEST_INVALID. */
export async function readCheckpoint(file: string, run: string): Promise<Checkpoint | null> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (isMissing(error)) return null;
    const problem = String(error).replace(/^Error: /, '');
    throw new PellucidError('DATA_INVALID', { file, format: 'a checkpoint of training', problem, help: 'Name a file that can be read and written.' }, { cause: error });
  }
  return decodeCheckpoint(bytes, file, run);
}

/** Writes a checkpoint; a process that is killed meanwhile leaves the one before. @throws OUTPUT_UNWRITABLE. */
export function writeCheckpoint(file: string, checkpoint: Checkpoint, run: string): void {
  writeWhole(file, encodeCheckpoint(checkpoint, run));
}
