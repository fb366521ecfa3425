import { ensureWritable } from '@pellucid/files';
import { comparePruned, complement, topPixels, type PixelImportance } from '@pellucid/metrics';
import type { Execution, MethodChoice, PruneConfiguration } from '../configuration/configuration.ts';
import { probeSource } from '../data/sources.ts';
import { readFingerprints } from '../plan/fingerprints.ts';
import { hashSources } from '../plan/keys.ts';
import { startProgress, type Progress, type ProgressStream } from '../progress/progress.ts';
import { trainNetwork, type TrainedFiles } from '../run/networks.ts';
import type { Pool } from '../run/pool.ts';
import { createRetrainer, type Retrainer } from '../run/retrainer.ts';
import { startRun } from '../run/start-run.ts';
import { FILES } from '../store/folder.ts';
import { openJsonLines, readJsonLines } from '../store/json-lines.ts';
import type { Failure, PruningRow } from '../store/result-row.ts';
import { recordedImportance, reductionsFor } from './recorded-rankings.ts';

type Row = Pick<PruningRow, 'ranking' | 'direction' | 'fraction' | 'seed'>;

const rowId = ({ ranking, direction, fraction, seed }: Row): string => JSON.stringify([ranking, direction, fraction, seed]);

/** Training images that stand for the data. */
const REFERENCES = 16;

/** Ranks pixels with a method that looks at the trained network, or with a control. */
async function rank(pool: Pool, { data, images }: PruneConfiguration, method: MethodChoice, seed: number, { files }: TrainedFiles): Promise<PixelImportance | { readonly failure: Failure }> {
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
  readonly retrainer: Retrainer;
  readonly isDone: (row: Row) => boolean;
  readonly add: (row: PruningRow) => void;
  readonly fail: (what: string, failure: Failure) => void;
}

async function pruneByRanking(work: Work, method: MethodChoice, seed: number, reference: TrainedFiles): Promise<void> {
  const { configuration, out, pool, retrainer, isDone, add, fail } = work;
  const { data, recipe, fractions, directions } = configuration;
  const missing = directions.flatMap((direction) => fractions.map((fraction) => ({ ranking: method.name, direction, fraction, seed }))).filter((row) => !isDone(row));
  if (missing.length === 0) return;
  const importance = recordedImportance(method.name, FILES.record(out, data.name, recipe.network, seed)) ?? (await rank(pool, configuration, method, seed, reference));
  if ('failure' in importance) {
    fail(`${method.name}, seed ${seed}`, importance.failure);
    return;
  }
  await Promise.all(
    missing.map(async ({ direction, fraction }) => {
      const top = topPixels(importance, fraction);
      const pruned = await retrainer.retrain(data, { kind: 'shared-mask', mask: direction === 'keep' ? top : complement(top) }, seed);
      if ('failure' in pruned) {
        fail(`${method.name}, ${direction} ${fraction} %, seed ${seed}`, pruned.failure);
        return;
      }
      const { referenceAccuracy, accuracy, drop } = comparePruned(fraction, reference.correct, pruned.correct);
      add({
        dataset: data.name, network: recipe.network, ranking: method.name, direction, fraction, seed, referenceAccuracy, accuracy, drop,
      });
    }),
  );
}

/**
 * Prunes the pixels of a data set by each ranking and retrains a network from scratch, for each seed. `accumulated-gradients` are recorded
 * while the reference network learns; other methods look at it once it is trained.
 * @returns why rows are missing, if any
 * @throws DATA_MISSING, DATA_INVALID, OUTPUT_UNWRITABLE, CONFIGURATION_INVALID before anything runs.
 */
export async function runPruning(configuration: PruneConfiguration, execution: Execution, stream: ProgressStream): Promise<readonly string[]> {
  const { data, rankings, fractions, directions, seeds, recipe } = configuration;
  const { out, cache } = execution;
  await probeSource(data);
  ensureWritable(out);
  const session = startRun({ command: 'prune', configuration }, execution);
  const rows = session.earlier === null ? [] : readJsonLines<PruningRow>(FILES.pruning(out));
  const done = new Set(rows.map(rowId));
  const lines = openJsonLines(FILES.pruning(out), rows);
  const hashData = await hashSources([data], readFingerprints());
  const retrainer = createRetrainer({ pool: session.pool, recipe, folder: FILES.retrainings(cache), hashData });
  const all = Array.from({ length: seeds }, (_, seed) => rankings.flatMap(({ name }) => directions.flatMap((direction) => fractions.map((fraction) => ({ ranking: name, direction, fraction, seed }))))).flat();
  const pending = all.filter((row) => !done.has(rowId(row)));
  stream.write(`${pending.length} prunings to retrain; ${execution.workers} processes; results in ${out}\n`);
  const progress: Progress = startProgress(stream, { total: pending.length });
  // The picture of how the map goes over the epochs is of the first kind.
  const reductions = reductionsFor(['accumulated-gradients', ...rankings.map(({ name }) => name)]);
  const failures: string[] = [];
  const fail = (what: string, { message }: Failure): void => {
    failures.push(`${what}: ${message}`);
    progress.log(`failed: ${what}: ${message}`);
  };
  const add = (row: PruningRow): void => {
    lines.append(row);
    progress.tick(`${row.ranking} ${row.direction} ${row.fraction} % seed ${row.seed}`);
  };
  const work: Work = { configuration, out, pool: session.pool, retrainer, isDone: (row) => done.has(rowId(row)), add, fail };
  try {
    const wanted = [...new Set(pending.map(({ seed }) => seed))];
    await Promise.all(
      wanted.map(async (seed) => {
        const reference = await trainNetwork(session.pool, out, { data, version: hashData(data), recipe, seed, reductions });
        if ('failure' in reference) {
          fail(`${recipe.network}, seed ${seed}`, reference.failure);
          return;
        }
        session.addTrained(reference.record);
        await Promise.all(rankings.map((method) => pruneByRanking(work, method, seed, reference)));
      }),
    );
  } finally {
    progress.stop();
    session.pool.close();
    lines.close();
  }
  session.save(true);
  return failures;
}
