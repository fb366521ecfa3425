import { quantileSorted } from 'simple-statistics';
import { drawsFor } from '../statistics/bootstrap-means.ts';
import { midranks } from '../statistics/midranks.ts';
import type { Entry, Resampling, ScoreTable } from './score-tables.ts';

/** A place, 1 for the best, with its 95 % interval; null where the run kept no scores per sample. */
export interface RankEstimate {
  readonly rank: number;
  readonly ci95: readonly [number, number] | null;
}

/** The ranks of the methods of a table. */
export interface Ranking {
  readonly ranks: ReadonlyMap<string, RankEstimate>;
  /** By method: the rank in every resample; empty where there are no scores per sample. */
  readonly draws: ReadonlyMap<string, Float64Array>;
}

/** Percentiles of 95 %. */
export function percentiles(values: Float64Array): readonly [number, number] {
  const sorted = Array.from(values).sort((a, b) => a - b);
  return [quantileSorted(sorted, 0.025), quantileSorted(sorted, 0.975)];
}

/** The mean in every resample; the samples without a score are left out of it. */
function resampledMeans({ scores, value }: Entry, { resamples, seed }: Resampling): Float64Array {
  const draws = drawsFor(scores.length, resamples, seed);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let [sum, count] = [0, 0];
    for (let i = resample * scores.length; i < (resample + 1) * scores.length; i++) {
      const score = scores[draws[i]!]!;
      if (score === null) continue;
      sum += score;
      count++;
    }
    means[resample] = count === 0 ? value : sum / count;
  }
  return means;
}

/** Ranks the methods by their means, and again in every resample: the samples are drawn once for all methods, since all saw the same ones. */
export function rankMethods({ entries, metric: { direction } }: ScoreTable, resampling: Resampling): Ranking {
  const sign = direction === 'higher' ? -1 : 1;
  const places = midranks(entries.map(({ value }) => sign * value));
  const paired = entries.every(({ scores }) => scores.length > 0);
  const means = paired ? entries.map((entry) => resampledMeans(entry, resampling)) : [];
  const drawn = means.map(() => new Float64Array(resampling.resamples));
  for (let resample = 0; paired && resample < resampling.resamples; resample++) {
    const ranks = midranks(means.map((own) => sign * own[resample]!));
    drawn.forEach((own, i) => {
      own[resample] = ranks[i]!;
    });
  }
  return {
    ranks: new Map(entries.map(({ method }, i) => {
      const own = drawn[i];
      return [method, { rank: places[i]!, ci95: own === undefined ? null : percentiles(own) }];
    })),
    draws: new Map(drawn.map((own, i) => [entries[i]!.method, own])),
  };
}

/** The mean rank of a method over several metrics. */
export interface MeanRank extends RankEstimate {
  readonly method: string;
  readonly control: boolean;
  /** How many of the metrics have a rank. */
  readonly metrics: number;
}

/** Averages ranks over metrics, best first. A method that has no score on some metric is averaged over the others. */
export function meanRanks(ranked: readonly { readonly table: ScoreTable; readonly ranking: Ranking }[]): MeanRank[] {
  const entries = new Map(ranked.flatMap(({ table }) => table.entries.map((entry) => [entry.method, entry.control] as const)));
  return [...entries].map(([method, control]): MeanRank => {
    const own = ranked.flatMap(({ ranking }) => {
      const estimate = ranking.ranks.get(method);
      return estimate === undefined ? [] : [{ estimate, draws: ranking.draws.get(method) }];
    });
    const rank = own.reduce((sum, { estimate }) => sum + estimate.rank, 0) / own.length;
    const draws = own.flatMap((one) => (one.draws === undefined ? [] : [one.draws]));
    const means = draws.length < own.length ? null : draws[0]!.map((_, resample) => draws.reduce((sum, one) => sum + one[resample]!, 0) / draws.length);
    return { method, control, rank, ci95: means === null ? null : percentiles(means), metrics: own.length };
  }).sort((a, b) => a.rank - b.rank);
}
