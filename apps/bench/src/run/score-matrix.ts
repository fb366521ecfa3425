import { comparePruned, topPixels, type PixelImportance } from '@pellucid/metrics';
import type { RunConfiguration } from '../configuration/configuration.ts';
import type { Comparison, Group, Plan } from '../plan/plan.ts';
import { bootstrapMean } from '../statistics/bootstrap.ts';
import { FILES } from '../store/folder.ts';
import type { CellKey, Cost, Failure } from '../store/result-row.ts';
import type { ModelFiles, Reply } from '../worker/protocol.ts';
import { asFailure } from '../worker/failure.ts';
import { compareMaps, readMaps } from './agreement.ts';
import type { Pool } from './pool.ts';
import type { Recorder } from './recorder.ts';
import type { Retrainer } from './retrainer.ts';

/** What the cells of a run are scored with. */
export interface Scoring {
  readonly configuration: RunConfiguration;
  readonly out: string;
  readonly resume: boolean;
  readonly pool: Pool;
  readonly retrainer: Retrainer;
  readonly recorder: Recorder;
  /** The network of a cell, or why there is none. */
  readonly network: (model: string, seed: number) => Promise<{ readonly files: ModelFiles } | { readonly failure: Failure }>;
  /** Called with the versions that a worker reports. */
  readonly onVersions: (versions: Readonly<Record<string, string>>) => void;
}

interface Ranking {
  readonly importance: PixelImportance;
  readonly engine: string;
  readonly cost: Cost;
}

/** Keeps the top pixels of a ranking, and compares a network retrained on them with one retrained on all. */
async function scorePruning({ retrainer, recorder }: Scoring, { cell, fraction }: Group['pruned'][number], { importance, engine, cost }: Ranking): Promise<void> {
  const [reference, pruned] = await Promise.all([
    retrainer.retrain(null, cell.seed),
    retrainer.retrain(topPixels(importance, fraction), cell.seed),
  ]);
  const failed = [reference, pruned].find((result) => 'failure' in result);
  if (failed !== undefined && 'failure' in failed) {
    recorder.failed(cell, engine, failed.failure);
  } else if ('correct' in reference && 'correct' in pruned) {
    const { drops } = comparePruned(fraction, reference.correct, pruned.correct);
    recorder.scored(cell, { ...bootstrapMean(Array.from(drops), cell.seed), engine, samples: drops.length, cost });
  }
}

const mapsFile = (out: string, { model, method, seed }: Pick<Group, 'model' | 'method' | 'seed'>, backend: string): string =>
  FILES.maps(out, model, method.name, backend, seed);

/** What is still to be done for a group, and the reason when its maps could not be made. */
async function scoreGroup(scoring: Scoring, group: Group, wantsMaps: boolean): Promise<Failure | null> {
  const { configuration, out, pool, recorder, network, onVersions } = scoring;
  const scored = group.scored.filter((cell) => !recorder.isDone(cell));
  const pruned = group.pruned.filter(({ cell }) => !recorder.isDone(cell));
  const needsMaps = scored.length > 0 || (wantsMaps && !(scoring.resume && readMaps(mapsFile(out, group, group.backend)) !== null));
  if (!needsMaps && pruned.length === 0) return null;
  const failAll = (cells: readonly CellKey[], failure: Failure): Failure => {
    for (const cell of cells) recorder.failed(cell, null, failure);
    return failure;
  };
  const prunedCells = pruned.map(({ cell }) => cell);
  const trained = await network(group.model, group.seed);
  if ('failure' in trained) return failAll([...scored, ...prunedCells], trained.failure);

  const seen: { ranking: Ranking | null; maps: boolean } = { ranking: null, maps: !needsMaps };
  const cellOf = (metric: string): CellKey | undefined => scored.find((cell) => cell.metric === metric);
  const onReply = (reply: Reply): void => {
    if (reply.kind === 'ranking') seen.ranking = reply;
    if (reply.kind === 'maps') {
      seen.maps = true;
      onVersions(reply.versions);
    }
    if (reply.kind !== 'scores' && reply.kind !== 'failed') return;
    const cell = cellOf(reply.metric);
    if (cell === undefined) return;
    if (reply.kind === 'failed') {
      recorder.failed(cell, reply.engine, reply.error);
    } else {
      const { scores, engine, cost } = reply;
      recorder.scored(cell, { ...bootstrapMean(Array.from(scores), cell.seed), engine, samples: scores.length, cost });
    }
  };
  const failure = await pool.run({
    engine: group.backend,
    onReply,
    task: {
      kind: 'explain',
      data: configuration.data,
      model: trained.files,
      backend: group.backend,
      method: group.method,
      seed: group.seed,
      samples: needsMaps ? configuration.samples : null,
      metrics: scored.map(({ metric }) => metric),
      metricOptions: configuration.metricOptions,
      rankingImages: pruned.length > 0 ? configuration.pruning.images : null,
      mapsFile: mapsFile(out, group, group.backend),
    },
  });
  if (failure !== null) failAll(scored, failure);
  const { ranking } = seen;
  if (ranking !== null) await Promise.all(pruned.map((entry) => scorePruning(scoring, entry, ranking)));
  else if (failure !== null) failAll(prunedCells, failure);
  return seen.maps ? null : failure;
}

/** Scores how well the maps of two backends agree, from their files. */
function scoreAgreement({ out, recorder }: Scoring, comparison: Comparison, failures: readonly (Failure | null)[]): void {
  const { cell, backends: [a, b] } = comparison;
  const failure = failures.find((entry) => entry !== null);
  if (failure !== undefined && failure !== null) {
    recorder.failed(cell, null, failure);
    return;
  }
  try {
    const [left, right] = [readMaps(mapsFile(out, comparison, a)), readMaps(mapsFile(out, comparison, b))];
    if (left === null || right === null) throw new Error(`The maps of \`${left === null ? a : b}\` are gone.`);
    recorder.scored(cell, compareMaps(left, right, cell.seed));
  } catch (error) {
    recorder.failed(cell, null, asFailure(error));
  }
}

/** Scores every cell of a plan that is not done yet; failures become rows. */
export async function scoreMatrix(scoring: Scoring, { groups, comparisons }: Plan): Promise<void> {
  const pending = comparisons.filter(({ cell }) => !scoring.recorder.isDone(cell));
  const made = new Map<string, Promise<Failure | null>>();
  const idOf = ({ model, method, seed }: Pick<Group, 'model' | 'method' | 'seed'>, backend: string): string =>
    JSON.stringify([model, method.name, seed, backend]);
  for (const group of groups) {
    const wanted = pending.some((comparison) => idOf(comparison, group.backend) === idOf(group, group.backend));
    made.set(idOf(group, group.backend), scoreGroup(scoring, group, wanted));
  }
  await Promise.all([
    ...made.values(),
    ...pending.map(async (comparison) => {
      const failures = await Promise.all(comparison.backends.map((backend) => made.get(idOf(comparison, backend)) ?? null));
      scoreAgreement(scoring, comparison, failures);
    }),
  ]);
}
