import { createHash } from 'node:crypto';
import type { PixelMask } from '@pellucid/metrics';
import type { DataSource, Recipe } from '../configuration/configuration.ts';
import { openJsonLines, readJsonLines } from '../store/json-lines.ts';
import type { Failure } from '../store/result-row.ts';
import type { Pool } from './pool.ts';
import { trainInPool } from './train-in-pool.ts';

/** For each test image 1 where the network is right, or why there is no network. */
export type Retrained = { readonly correct: Uint8Array } | { readonly failure: Failure };

/** Trains networks on pruned images, each different one once. */
export interface Retrainer {
  readonly retrain: (mask: PixelMask | null, seed: number) => Promise<Retrained>;
  readonly close: () => void;
}

interface CachedRetraining {
  readonly key: string;
  /** A 0 or 1 per test image. */
  readonly correct: string;
}

/** Equal data, recipe, seed and mask give the equal network, whichever method and backend the mask comes from. */
function keyOf(data: DataSource, recipe: Recipe, mask: PixelMask | null, seed: number): string {
  const hash = createHash('sha256').update(JSON.stringify([data, recipe, seed]));
  return (mask === null ? hash : hash.update(mask.kept)).digest('hex');
}

/** Retrains in a pool and keeps what it learned in a file, which a resumed run starts from. */
export function createRetrainer(pool: Pool, data: DataSource, recipe: Recipe, cacheFile: string, resume: boolean): Retrainer {
  const cached = resume ? readJsonLines<CachedRetraining>(cacheFile) : [];
  const lines = openJsonLines(cacheFile, cached);
  const known = new Map<string, Promise<Retrained>>(
    cached.map(({ key, correct }) => [key, Promise.resolve({ correct: Uint8Array.from(correct, Number) })]),
  );

  const train = async (key: string, mask: PixelMask | null, seed: number): Promise<Retrained> => {
    const result = await trainInPool(pool, { kind: 'retrain', data, recipe, seed, mask });
    if ('failure' in result) return result;
    const { correct } = result;
    lines.append({ key, correct: correct.join('') });
    return { correct };
  };

  return {
    retrain: (mask, seed) => {
      const key = keyOf(data, recipe, mask, seed);
      const result = known.get(key) ?? train(key, mask, seed);
      known.set(key, result);
      return result;
    },
    close: lines.close,
  };
}
