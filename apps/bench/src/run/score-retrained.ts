import { REPLACED, retrainingCurve, type RetrainingCurve } from '@pellucid/metrics';
import { mean } from 'simple-statistics';
import type { Group, RetrainedCell } from '../plan/plan.ts';
import { retrainingSeeds, retrainingUnit } from '../plan/work-units.ts';
import { meanInterval } from '../statistics/mean-interval.ts';
import type { Cost, ScoreCurve } from '../store/result-row.ts';
import type { RanksOfSplits } from '../worker/protocol.ts';
import type { Retrained, Retrainer } from './retrainer.ts';
import type { Scoring } from './score-group.ts';
import { round, summarise } from './summarise.ts';

/** The ranks of the pixels of every image, and what they took. */
export interface ImageRanks {
  readonly ranks: RanksOfSplits;
  readonly engine: string;
  readonly cost: Cost;
}

/** The accuracy at each share with its interval over the retrainings: how far trainings scatter decides which curves differ. */
function curveOf({ at, accuracies }: RetrainingCurve): ScoreCurve {
  const points = at.map((_, i) => accuracies.map((row) => row[i]!));
  const intervals = points.map((values) => meanInterval(values) ?? [values[0]!, values[0]!]);
  return {
    at, mean: round(points.map((values) => mean(values))),
    low: round(intervals.map(([low]) => Math.max(low, 0))), high: round(intervals.map(([, high]) => Math.min(high, 100))),
  };
}

/** Trains every network of a cell, side by side. */
async function retrainAll({ recorder, explanations }: Scoring, retrainer: Retrainer, { data }: Group, entry: RetrainedCell, ranks: RanksOfSplits): Promise<readonly (readonly Retrained[])[]> {
  const seeds = retrainingSeeds(entry);
  const replaced = REPLACED[entry.metric];
  const changed = entry.percents.map((percent) => Promise.all(seeds.map(async (seed) => {
    const result = await retrainer.retrain(data, { kind: 'mask-per-image', explanations, ranks, replaced, percent }, seed);
    recorder.spent(retrainingUnit(entry, percent, seed), 'failure' in result ? null : result.seconds);
    return result;
  })));
  return Promise.all([Promise.all(seeds.map((seed) => retrainer.retrain(data, null, seed))), ...changed]);
}

/** Trains networks on images that lost what their own maps rank highest, or all else, and draws the curve of their accuracy. */
export async function scoreRetrained(scoring: Scoring, group: Group, entry: RetrainedCell, { ranks, engine, cost }: ImageRanks): Promise<void> {
  const { retrainer, recorder, configuration } = scoring;
  if (retrainer === null) throw new Error('internal: retraining without a retrainer');
  const { cell, metric, percents } = entry;
  const results = await retrainAll(scoring, retrainer, group, entry, ranks);
  const rows = results.map((row) => row.flatMap((result) => ('correct' in result ? [result.correct] : [])));
  const failed = results.flat().find((result) => 'failure' in result);
  if (failed !== undefined && 'failure' in failed) {
    recorder.failed(cell, engine, failed.failure);
    return;
  }
  const [whole = [], ...changed] = rows;
  const curve = retrainingCurve(metric, percents, { whole, changed });
  const outcome = summarise({ scores: curve.scores, engine, cost }, { seed: cell.seed, resamples: configuration.statistics.resamples });
  if ('failure' in outcome) recorder.failed(cell, engine, outcome.failure);
  else recorder.scored(cell, { ...outcome, curve: curveOf(curve) });
}
