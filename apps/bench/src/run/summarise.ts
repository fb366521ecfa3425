import { medianSorted } from 'simple-statistics';
import { bootstrapMeans } from '../statistics/bootstrap-means.ts';
import type { Cost, Failure, Outcome, ScoreCurve } from '../store/result-row.ts';

/** Scores as a worker gives them. */
export interface RawScores {
  /** No number, or an infinite one, where a sample has no score. */
  readonly scores: ArrayLike<number>;
  /** Positions of the curve that each score sums up. */
  readonly at?: readonly number[];
  readonly curves?: readonly ArrayLike<number>[];
  readonly engine: string;
  readonly cost: Cost;
}

/** What the draws of every interval depend on. */
export interface Resampling {
  readonly seed: number;
  readonly resamples: number;
}

/** Six digits say more than the samples do, and keep the lines short. */
export const round = (values: readonly number[]): number[] => values.map((value) => Number(value.toPrecision(6)));

function summariseCurve({ at, curves }: RawScores, present: readonly number[], { seed, resamples }: Resampling): ScoreCurve | undefined {
  if (at === undefined || curves === undefined) return undefined;
  const rows = present.map((sample) => curves[sample]!).filter((row) => Array.from(row).every(Number.isFinite));
  if (rows.length === 0) return undefined;
  const { mean, low, high } = bootstrapMeans(rows, seed, resamples);
  return { at, mean: round(mean), low: round(low), high: round(high) };
}

/** Mean, median and interval over the samples that have a score; a failure where none has. */
export function summarise(raw: RawScores, resampling: Resampling): Outcome | { readonly failure: Failure } {
  const scores = Array.from(raw.scores, (score) => (Number.isFinite(score) ? score : null));
  const present = scores.flatMap((score, sample) => (score === null ? [] : [sample]));
  const values = scores.filter((score) => score !== null);
  if (values.length === 0) {
    return { failure: { code: 'SCORES_UNDEFINED', message: `None of the ${scores.length} samples has a score: the card of the metric says when a sample has none.` } };
  }
  const { mean: [value = NaN], low: [low = NaN], high: [high = NaN] } = bootstrapMeans(values.map((score) => [score]), resampling.seed, resampling.resamples);
  const curve = summariseCurve(raw, present, resampling);
  return {
    engine: raw.engine, cost: raw.cost, scores, value, ci95: [low, high], median: medianSorted([...values].sort((a, b) => a - b)), ...(curve && { curve }),
  };
}
