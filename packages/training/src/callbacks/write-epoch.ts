import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy, PellucidError } from '@pellucid/core';
import type { EpochExplanation } from './explain-epochs.ts';

/** Writes a file under another name first: nothing half-written is left under its own. */
async function writeWhole(folder: string, name: string, content: Uint8Array | string): Promise<void> {
  const path = join(folder, name);
  const part = `${path}.part`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(part, content);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    const problem = error instanceof Error ? error.message : String(error);
    throw new PellucidError('OUTPUT_UNWRITABLE', { path, problem, help: 'Name a folder that can be written.' }, { cause: error });
  }
}

/**
 * Writes `epoch-000.<method>.npy`, `.json` and, where there is a picture, `.png`.
 * @throws OUTPUT_UNWRITABLE.
 */
export async function writeEpoch(folder: string, { epoch, explanation }: EpochExplanation, picture: Uint8Array | undefined): Promise<void> {
  const { values, provenance } = explanation;
  const stem = `epoch-${String(epoch).padStart(3, '0')}.${provenance.method}`;
  await writeWhole(folder, `${stem}.npy`, encodeNpy(values));
  await writeWhole(folder, `${stem}.json`, `${JSON.stringify({ epoch, ...provenance, shape: values.shape }, null, 2)}\n`);
  if (picture !== undefined) await writeWhole(folder, `${stem}.png`, picture);
}
