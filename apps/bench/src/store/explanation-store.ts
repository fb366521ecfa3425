import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeNpy, encodeNpy, type Layout, type Provenance, type Tensor } from '@pellucid/core';
import { writeWhole } from '@pellucid/files';
import { sha256 } from './hash.ts';
import type { Cost } from './result-row.ts';

/** Maps with everything that metrics and reports want to know of them. */
export interface StoredExplanation {
  readonly values: Tensor;
  readonly layout: Layout;
  readonly targets: readonly number[];
  readonly cost: Cost;
  /** Null for controls, which no model made. */
  readonly provenance: Provenance | null;
}

/** Explanations on disk, by the hash of everything that decides them. */
export interface ExplanationStore {
  /** Undefined where there is none, or a damaged one. */
  readonly read: (key: string) => StoredExplanation | undefined;
  /** @throws OUTPUT_UNWRITABLE. */
  readonly write: (key: string, explanation: StoredExplanation) => void;
}

const NEWLINE = 10;

/** Cuts bytes at their first line break. */
function cutLine(bytes: Uint8Array): readonly [line: string, rest: Uint8Array] {
  const end = bytes.indexOf(NEWLINE);
  return [Buffer.from(bytes.subarray(0, end)).toString(), bytes.subarray(end + 1)];
}

/**
 * Opens a folder of explanations. A file holds a checksum, a line of JSON and the values as NPY; it is written under another name first, so that
 * processes may share the folder and a kill leaves nothing half-written. What fails its checksum counts as not there.
 */
export function openExplanations(folder: string): ExplanationStore {
  const pathOf = (key: string): string => join(folder, key.slice(0, 2), `${key}.explanation`);
  return {
    read: (key) => {
      try {
        const [checksum, content] = cutLine(readFileSync(pathOf(key)));
        if (checksum !== sha256(content)) return undefined;
        const [meta, values] = cutLine(content);
        const stored = JSON.parse(meta) as Omit<StoredExplanation, 'values'> & { readonly key: string };
        if (stored.key !== key) return undefined;
        const { layout, targets, cost, provenance } = stored;
        return { values: decodeNpy(values, pathOf(key)), layout, targets, cost, provenance };
      } catch {
        return undefined;
      }
    },
    write: (key, { values, ...meta }) => {
      const content = Buffer.concat([Buffer.from(`${JSON.stringify({ key, ...meta })}\n`), encodeNpy(values)]);
      writeWhole(pathOf(key), Buffer.concat([Buffer.from(`${sha256(content)}\n`), content]));
    },
  };
}
