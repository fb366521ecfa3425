import type { DataSource, Recipe } from '../configuration/configuration.ts';
import { hashOf, sha256 } from '../store/hash.ts';
import { openRetrainings } from '../store/retraining-store.ts';
import type { Failure } from '../store/result-row.ts';
import type { PixelChange } from '../worker/protocol.ts';
import type { Pool } from './pool.ts';
import { trainInPool } from './train-in-pool.ts';

/** For each test image 1 where the network is right, with the seconds that it was trained; or why there is no network. */
export type Retrained = { readonly correct: Uint8Array; readonly seconds: number | null } | { readonly failure: Failure };

/** Trains networks on images that lost pixels, each different one once. */
export interface Retrainer {
  /** @param change - null keeps every pixel */
  readonly retrain: (data: DataSource, change: PixelChange | null, seed: number) => Promise<Retrained>;
}

/** What retrainings have in common. */
export interface RetrainerSettings {
  readonly pool: Pool;
  readonly recipe: Recipe;
  /** Folder of what earlier runs trained. */
  readonly folder: string;
  /** Stands for the images of a data set and for the code that trains on them. */
  readonly hashData: (data: DataSource) => string;
}

/** What tells one change from another, whichever folder it is read from. */
function identityOf(change: PixelChange): unknown {
  if (change.kind === 'shared-mask') return sha256(change.mask.kept);
  const { kind, ranks, replaced, percent } = change;
  return { kind, ranks, replaced, percent };
}

/**
 * Retrains in a pool and keeps on disk what each network gets right. Equal data, recipe, seed and mask give the equal network, whichever method
 * and backend the mask comes from.
 */
export function createRetrainer({ pool, recipe, folder, hashData }: RetrainerSettings): Retrainer {
  const store = openRetrainings(folder);
  const known = new Map<string, Promise<Retrained>>();

  const train = async (key: string, data: DataSource, change: PixelChange | null, seed: number): Promise<Retrained> => {
    const stored = store.read(key);
    if (stored !== undefined) return { correct: stored, seconds: null };
    const result = await trainInPool(pool, { kind: 'retrain', data, recipe, seed, change });
    if ('failure' in result) return result;
    store.write(key, result.correct);
    return result;
  };

  return {
    retrain: (data, change, seed) => {
      const key = hashOf([hashData(data), recipe, seed, change === null ? null : identityOf(change)]);
      const earlier = known.get(key);
      if (earlier !== undefined) return earlier.then((result) => ('failure' in result ? result : { ...result, seconds: null }));
      const result = train(key, data, change, seed);
      known.set(key, result);
      return result;
    },
  };
}
