import { comparePruned, topPixels, type PixelImportance } from '@pellucid/metrics';
import type { Group, ScoredCell } from '../plan/plan.ts';
import { stageUnit } from '../plan/work-units.ts';
import { cellId, type CellKey, type Cost, type Failure } from '../store/result-row.ts';
import type { ModelFiles, Reply } from '../worker/protocol.ts';
import { explainTask, ranksOf, type Remaining, type TaskSettings } from './group-task.ts';
import type { Pool } from './pool.ts';
import type { Recorder } from './recorder.ts';
import type { Retrainer } from './retrainer.ts';
import { scoreRetrained, type ImageRanks } from './score-retrained.ts';
import { summarise, type RawScores } from './summarise.ts';
import { WORKER_FAILURES } from './worker-process.ts';

/** What the cells of a run are scored with. */
export interface Scoring extends TaskSettings {
  readonly pool: Pool;
  readonly retrainer: Retrainer | null;
  readonly recorder: Recorder;
  /** Called with the versions that a worker reports. */
  readonly onVersions: (versions: Readonly<Record<string, string>>) => void;
}

/** What became of the maps of a group, for those that compare them. */
export type MapsEnd = { readonly failure: Failure } | { readonly reason: string } | null;

interface Ranking {
  readonly importance: PixelImportance;
  readonly engine: string;
  readonly cost: Cost;
}

/** What a task said so far. */
interface Progressing {
  stage: string;
  ranking: Ranking | null;
  ranks: Omit<ImageRanks, 'ranks'> | null;
  maps: boolean;
  end: MapsEnd;
}

/** Writes the row of scores. */
export function recordScores({ recorder, configuration }: Pick<Scoring, 'recorder' | 'configuration'>, cell: CellKey, scores: RawScores): void {
  const outcome = summarise(scores, { seed: cell.seed, resamples: configuration.statistics.resamples });
  if ('failure' in outcome) recorder.failed(cell, scores.engine, outcome.failure);
  else recorder.scored(cell, outcome);
}

/** Keeps the top pixels of a ranking, and compares a network retrained on them with one retrained on all. */
async function scorePruning(scoring: Scoring, { data }: Group, { cell, fraction }: Group['pruned'][number], { importance, engine, cost }: Ranking): Promise<void> {
  const { retrainer, recorder } = scoring;
  if (retrainer === null) throw new Error('internal: pruning without a retrainer');
  const [reference, pruned] = await Promise.all([
    retrainer.retrain(data, null, cell.seed),
    retrainer.retrain(data, { kind: 'shared-mask', mask: topPixels(importance, fraction) }, cell.seed),
  ]);
  const failed = [reference, pruned].find((result) => 'failure' in result);
  if ('correct' in pruned) recorder.spent(cellId(cell), pruned.seconds);
  if (failed !== undefined && 'failure' in failed) recorder.failed(cell, engine, failed.failure);
  else if ('correct' in reference && 'correct' in pruned) recordScores(scoring, cell, { scores: comparePruned(fraction, reference.correct, pruned.correct).drops, engine, cost });
}

/** Rows for cells that share a fate. */
function recordEnd({ recorder }: Scoring, cells: readonly CellKey[], engine: string | null, end: NonNullable<MapsEnd>): void {
  for (const cell of cells) {
    if (recorder.isDone(cell)) continue;
    if ('reason' in end) recorder.notApplicable(cell, end.reason);
    else recorder.failed(cell, engine, end.failure);
  }
}

/** Turns the replies to a task into rows. */
function listen(scoring: Scoring, group: Group, remaining: Remaining, seen: Progressing): (reply: Reply) => void {
  const { recorder, onVersions } = scoring;
  const cellOf = (metric: string): CellKey | undefined => remaining.scored.find(({ cell }) => cell.metric === metric)?.cell;
  const cellsOf = (set: string): CellKey[] => {
    if (set === 'ranking') return group.pruned.map(({ cell }) => cell);
    if (set === 'ranks') return group.retrained.map(({ cell }) => cell);
    return remaining.scored.filter(({ metric }) => metric.on === set).map(({ cell }) => cell);
  };
  return (reply) => {
    if (reply.kind === 'stage') seen.stage = reply.stage;
    if (reply.kind === 'ranking') {
      seen.ranking = reply;
      recorder.spent(stageUnit(group, 'ranking'), reply.cost.seconds);
    }
    if (reply.kind === 'ranks') {
      seen.ranks = reply;
      recorder.spent(stageUnit(group, 'ranks'), reply.cached ? null : reply.cost.seconds);
    }
    if (reply.kind === 'maps') {
      if (reply.set === 'samples') seen.maps = true;
      recorder.spent(stageUnit(group, `maps of ${reply.set}`), reply.cached ? null : reply.cost.seconds);
      onVersions(reply.versions);
    }
    if (reply.kind === 'no-maps') {
      const end = reply.reason !== null ? { reason: reply.reason } : { failure: reply.error ?? { code: 'UNEXPECTED', message: 'There are no maps.' } };
      if (reply.set === 'samples') seen.end = end;
      recorder.spent(stageUnit(group, reply.set === 'ranking' || reply.set === 'ranks' ? reply.set : `maps of ${reply.set}`), null);
      recordEnd(scoring, cellsOf(reply.set), reply.engine, end);
    }
    if (reply.kind !== 'scores' && reply.kind !== 'failed' && reply.kind !== 'not-applicable') return;
    const cell = cellOf(reply.metric);
    if (cell === undefined) return;
    if (reply.kind === 'not-applicable') recorder.notApplicable(cell, reply.reason);
    else if (reply.kind === 'failed') recorder.failed(cell, reply.engine, reply.error);
    else {
      recorder.spent(cellId(cell), reply.seconds);
      recordScores(scoring, cell, reply);
    }
  };
}

/**
 * Does what is left of a group. Where a process dies, hangs or takes too much memory, the rest is tried again; the cell that it was at fails when it
 * is to blame twice.
 * @param wantsMaps - whether the maps are compared with those of another backend
 */
export async function scoreGroup(scoring: Scoring, group: Group, files: ModelFiles, wantsMaps: boolean): Promise<MapsEnd> {
  const { recorder, pool } = scoring;
  const isOpen = ({ cell }: { readonly cell: CellKey }): boolean => !recorder.isDone(cell);
  const seen: Progressing = { stage: 'start', ranking: null, ranks: null, maps: !wantsMaps, end: null };
  const blamed = new Set<string>();
  for (;;) {
    const scored: readonly ScoredCell[] = group.scored.filter(isOpen);
    const pruned = group.pruned.filter(isOpen);
    const retrained = group.retrained.filter(isOpen);
    const remaining = {
      scored, maps: !seen.maps && seen.end === null, ranking: pruned.length > 0 && seen.ranking === null, ranks: retrained.length > 0 && seen.ranks === null,
    };
    if (scored.length === 0 && !remaining.maps && !remaining.ranking && !remaining.ranks) break;
    const failure = await pool.run({ engine: group.backend, task: explainTask(group, remaining, files, scoring), onReply: listen(scoring, group, remaining, seen) });
    if (failure === null) break;
    const culprit = scored.find(({ cell }) => cell.metric === seen.stage)?.cell;
    if (WORKER_FAILURES.includes(failure.code) && !blamed.has(seen.stage)) {
      blamed.add(seen.stage);
    } else if (culprit !== undefined && WORKER_FAILURES.includes(failure.code)) {
      recorder.failed(culprit, null, failure);
    } else {
      const unranked = [...(seen.ranking === null ? pruned : []), ...(seen.ranks === null ? retrained : [])];
      recordEnd(scoring, [...scored, ...unranked].map(({ cell }) => cell), null, { failure });
      seen.end = seen.maps ? null : { failure };
      break;
    }
  }
  const { ranking, ranks } = seen;
  await Promise.all([
    ...(ranking === null ? [] : group.pruned.filter(isOpen).map((entry) => scorePruning(scoring, group, entry, ranking))),
    ...(ranks === null ? [] : group.retrained.filter(isOpen).map((entry) => scoreRetrained(scoring, group, entry, { ...ranks, ranks: ranksOf(group, files, scoring.keys) }))),
  ]);
  return seen.end;
}
