import { join } from 'node:path';
import { encodeNpy } from '@pellucid/core';
import { writeWhole } from '@pellucid/files';
import type { EpochExplanation } from './epoch-explanation.ts';

/**
 * Writes `epoch-000.<method>.npy`, `.json` and, where there is a picture, `.png`.
 * @throws OUTPUT_UNWRITABLE.
 */
export function writeEpoch(folder: string, { epoch, explanation }: EpochExplanation, picture: Uint8Array | undefined): void {
  const { values, provenance } = explanation;
  const path = join(folder, `epoch-${String(epoch).padStart(3, '0')}.${provenance.method}`);
  writeWhole(`${path}.npy`, encodeNpy(values));
  writeWhole(`${path}.json`, `${JSON.stringify({ epoch, ...provenance, shape: values.shape }, null, 2)}\n`);
  if (picture !== undefined) writeWhole(`${path}.png`, picture);
}
