import { ensureWritable } from '@pellucid/files';
import { comparePruned, complement, topPixels, type PixelImportance } from '@pellucid/metrics';
import type { DataSource, Execution, MethodChoice, PruneConfiguration, Recipe } from '../configuration/configuration.ts';
import { probeSource } from '../data/sources.ts';
import { readFingerprints } from '../plan/fingerprints.ts';
import { hashSources } from '../plan/keys.ts';
import { startProgress, type Progress, type ProgressStream } from '../progress/progress.ts';
import { trainNetwork, type TrainedFiles } from '../run/networks.ts';
import type { Pool } from '../run/pool.ts';
import { createRetrainer, type Retrainer } from '../run/retrainer.ts';
import { startRun, type Session } from '../run/start-run.ts';
import { FILES } from '../store/folder.ts';
import { openJsonLines, readJsonLines } from '../store/json-lines.ts';
import type { Failure, PruningRow } from '../store/result-row.ts';
import { recordedImportance, reductionsFor } from './recorded-rankings.ts';

type Row = Pick<PruningRow, 'dataset' | 'network' | 'ranking' | 'direction' | 'fraction' | 'seed'>;

const rowId = ({ dataset, network, ranking, direction, fraction, seed }: Row): string => JSON.stringify([dataset, network, ranking, direction, fraction, seed]);

/** A network on a data set: what is pruned for. */
interface Subject {
  readonly data: DataSource;
  readonly recipe: Recipe;
}

/** Training images that stand for the data. */
const REFERENCES = 16;

/** Ranks pixels with a method that looks at the trained network, or with a control. */
async function rank(pool: Pool, images: number, data: DataSource, method: MethodChoice, seed: number, { files }: TrainedFiles): Promise<PixelImportance | { readonly failure: Failure }> {
  const found: PixelImportance[] = [];
  const failures: Failure[] = [];
  const failure = await pool.run({
    engine: 'tfjs',
    task: {
      // Baselines of methods that want samples of the data; nothing is compared with their maps.
      kind: 'explain', data, model: files, backend: 'tfjs', method, seed, sets: [], references: { count: Math.min(REFERENCES, data.trainImages), key: '' },
      explanations: null, rankingImages: images, ranks: null,
    },
    onReply: (reply) => {
      if (reply.kind === 'ranking') found.push(reply.importance);
      if (reply.kind === 'no-maps' && reply.error !== null) failures.push(reply.error);
    },
  });
  const [importance] = found;
  if (importance !== undefined) return importance;
  return { failure: failure ?? failures[0] ?? { code: 'UNEXPECTED', message: 'The ranking ended without a result.' } };
}

interface Work {
  readonly configuration: PruneConfiguration;
  readonly out: string;
  readonly pool: Pool;
  readonly retrainerFor: (recipe: Recipe) => Retrainer;
  readonly version: string;
  readonly isDone: (row: Row) => boolean;
  readonly add: (row: PruningRow) => void;
  readonly fail: (what: string, failure: Failure) => void;
}

/** All rows of a ranking for a network with a seed. */
const rowsOf = ({ directions, fractions }: PruneConfiguration, { data, recipe }: Subject, { name }: MethodChoice, seed: number): Row[] =>
  directions.flatMap((direction) => fractions.map((fraction) => ({ dataset: data.name, network: recipe.network, ranking: name, direction, fraction, seed })));

async function pruneByRanking(work: Work, { data, recipe }: Subject, method: MethodChoice, seed: number, reference: TrainedFiles): Promise<void> {
  const { configuration, out, pool, retrainerFor, isDone, add, fail } = work;
  const missing = rowsOf(configuration, { data, recipe }, method, seed).filter((row) => !isDone(row));
  if (missing.length === 0) return;
  const importance = recordedImportance(method.name, FILES.record(out, data.name, recipe.network, seed)) ?? (await rank(pool, configuration.images, data, method, seed, reference));
  const where = `${recipe.network} on ${data.name}, seed ${seed}`;
  if ('failure' in importance) {
    fail(`${method.name}, ${where}`, importance.failure);
    return;
  }
  await Promise.all(
    missing.map(async (row) => {
      const top = topPixels(importance, row.fraction);
      const pruned = await retrainerFor(recipe).retrain(data, { kind: 'shared-mask', mask: row.direction === 'keep' ? top : complement(top) }, seed);
      if ('failure' in pruned) {
        fail(`${method.name}, ${row.direction} ${row.fraction} %, ${where}`, pruned.failure);
        return;
      }
      const { referenceAccuracy, accuracy, drop } = comparePruned(row.fraction, reference.correct, pruned.correct);
      add({ ...row, referenceAccuracy, accuracy, drop });
    }),
  );
}

/** Trains a network on whole images and, by each ranking, on what is left of them. */
async function pruneFor(work: Work, session: Session, subject: Subject, seed: number): Promise<void> {
  const { configuration: { rankings }, out, version, fail } = work;
  const { data, recipe } = subject;
  // The picture of how the map goes over the epochs is of the first kind.
  const reductions = reductionsFor(['accumulated-gradients', ...rankings.map(({ name }) => name)]);
  const reference = await trainNetwork(session.pool, out, { data, version, recipe, seed, reductions });
  if ('failure' in reference) {
    fail(`${recipe.network} on ${data.name}, seed ${seed}`, reference.failure);
    return;
  }
  session.addTrained(reference.record);
  await Promise.all(rankings.map((method) => pruneByRanking(work, subject, method, seed, reference)));
}

/** What is still to do, network by network. */
function plan(configuration: PruneConfiguration, isDone: (row: Row) => boolean): readonly (Subject & { readonly seed: number; readonly pending: number })[] {
  const { datasets, recipes, rankings, seeds } = configuration;
  const subjects = datasets.flatMap((data) => recipes.map((recipe) => ({ data, recipe })));
  return Array.from({ length: seeds }, (_, seed) => subjects.map((subject) => {
    const rows = rankings.flatMap((method) => rowsOf(configuration, subject, method, seed));
    return { ...subject, seed, pending: rows.filter((row) => !isDone(row)).length };
  })).flat().filter(({ pending }) => pending > 0);
}

/**
 * Prunes the pixels of a data set by each ranking and retrains a network from scratch, for each seed. `accumulated-gradients` are recorded
 * while the reference network learns; other methods look at it once it is trained.
 * @returns why rows are missing, if any
 * @throws DATA_MISSING, DATA_INVALID, OUTPUT_UNWRITABLE, CONFIGURATION_INVALID before anything runs.
 */
export async function runPruning(asked: PruneConfiguration, execution: Execution, stream: ProgressStream): Promise<readonly string[]> {
  const { out, cache } = execution;
  const datasets: DataSource[] = [];
  for (const data of asked.datasets) datasets.push(await probeSource(data));
  const configuration = { ...asked, datasets };
  ensureWritable(out);
  const session = startRun({ command: 'prune', configuration }, execution);
  const rows = session.earlier === null ? [] : readJsonLines<PruningRow>(FILES.pruning(out));
  const done = new Set(rows.map(rowId));
  const lines = openJsonLines(FILES.pruning(out), rows);
  const versions = new Map<string, string>();
  for (const data of datasets) versions.set(data.name, (await hashSources([data], readFingerprints()))(data));
  const versionOf = ({ name }: DataSource): string => versions.get(name) ?? '';
  const retrainers = new Map(configuration.recipes.map((recipe) => [recipe.network, createRetrainer({ pool: session.pool, recipe, folder: FILES.retrainings(cache), hashData: versionOf })]));
  const isDone = (row: Row): boolean => done.has(rowId(row));
  const pending = plan(configuration, isDone);
  const total = pending.reduce((sum, subject) => sum + subject.pending, 0);
  for (const { dataset, reason } of configuration.absent) stream.write(`without ${dataset}: ${reason}\n`);
  stream.write(`${total} prunings to retrain; ${execution.workers} processes; results in ${out}\n`);
  const progress: Progress = startProgress(stream, { total });
  const failures: string[] = [];
  const fail = (what: string, { message }: Failure): void => {
    failures.push(`${what}: ${message}`);
    progress.log(`failed: ${what}: ${message}`);
  };
  const add = (row: PruningRow): void => {
    lines.append(row);
    progress.tick(`${row.dataset} ${row.network} ${row.ranking} ${row.direction} ${row.fraction} % seed ${row.seed}`);
  };
  const retrainerFor = ({ network }: Recipe): Retrainer => {
    const retrainer = retrainers.get(network);
    if (retrainer === undefined) throw new Error(`internal: no recipe for ${network}`);
    return retrainer;
  };
  try {
    await Promise.all(pending.map(({ data, recipe, seed }) =>
      pruneFor({ configuration, out, pool: session.pool, retrainerFor, version: versionOf(data), isDone, add, fail }, session, { data, recipe }, seed)));
  } finally {
    progress.stop();
    session.pool.close();
    lines.close();
  }
  session.save(true);
  return failures;
}
