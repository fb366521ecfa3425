import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '@pellucid/files';
import { hashOf } from './hash.ts';

/** What retrained networks get right, on disk, by the hash of everything that decides it. */
export interface RetrainingStore {
  /** For each test image 1 where the network is right; undefined where there is none, or a damaged one. */
  readonly read: (key: string) => Uint8Array | undefined;
  /** @throws OUTPUT_UNWRITABLE. */
  readonly write: (key: string, correct: Uint8Array) => void;
}

/** Opens a folder of retrainings. Files are written under another name first, and count only where their checksum holds. */
export function openRetrainings(folder: string): RetrainingStore {
  const pathOf = (key: string): string => join(folder, key.slice(0, 2), `${key}.json`);
  return {
    read: (key) => {
      if (!existsSync(pathOf(key))) return undefined;
      try {
        const { correct, checksum } = JSON.parse(readFileSync(pathOf(key), 'utf8')) as { readonly correct: string; readonly checksum: string };
        return checksum === hashOf([key, correct]) ? Uint8Array.from(correct, Number) : undefined;
      } catch {
        return undefined;
      }
    },
    write: (key, values) => {
      const correct = values.join('');
      writeWhole(pathOf(key), `${JSON.stringify({ correct, checksum: hashOf([key, correct]) })}\n`);
    },
  };
}
