import { existsSync, readFileSync } from 'node:fs';
import { decodeNpy, type Layout, type Provenance } from '@pellucid/core';
import { relativeL2, type LaidOutMaps } from '@pellucid/metrics';
import type { RawScores } from './summarise.ts';

/** Stored maps with their origin. */
export interface StoredMaps extends LaidOutMaps {
  readonly provenance: Provenance | null;
  readonly targets: readonly number[];
}

/** Reads stored maps by their path without extension; null where there are none. @throws DATA_INVALID. */
export function readMaps(file: string): StoredMaps | null {
  if (!existsSync(`${file}.json`) || !existsSync(`${file}.npy`)) return null;
  const origin: { readonly layout: Layout; readonly targets: readonly number[]; readonly provenance: Provenance | null } = JSON.parse(
    readFileSync(`${file}.json`, 'utf8'),
  );
  return { ...origin, values: decodeNpy(readFileSync(`${file}.npy`), `${file}.npy`) };
}

/** Compares the maps of two backends: the relative difference of each sample, and what both took together. */
export function compareMaps(a: StoredMaps, b: StoredMaps): RawScores {
  const origins = [a.provenance, b.provenance].filter((provenance) => provenance !== null);
  const sum = (field: (provenance: Provenance) => number): number => origins.reduce((total, origin) => total + field(origin), 0);
  return {
    scores: relativeL2(a, b),
    engine: origins.map(({ backend }) => backend.engine).join('~'),
    cost: {
      forwardPasses: sum(({ passes }) => passes.forward),
      backwardPasses: sum(({ passes }) => passes.backward),
      seconds: sum(({ wallTimeMs }) => wallTimeMs) / 1000,
      peakMemoryBytes: null,
    },
  };
}
