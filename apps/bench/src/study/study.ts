import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { decodeNpy, PellucidError, sampleData } from '@pellucid/core';
import { ensureWritable, writeWhole } from '@pellucid/files';
import { importanceOfMaps, type PixelImportance } from '@pellucid/metrics';
import type { Execution } from '../configuration/configuration.ts';
import { probeSource } from '../data/sources.ts';
import { startProgress, type ProgressStream } from '../progress/progress.ts';
import { startPool } from '../run/start-run.ts';
import { trainInPool } from '../run/train-in-pool.ts';
import { FILES } from '../store/folder.ts';
import { openJsonLines, readJsonLines } from '../store/json-lines.ts';
import { describeMachine, programVersions } from '../store/run-record.ts';
import { AVERAGINGS, planStudy, type Averaging, type Factor, type StudyConfiguration, type StudyTraining } from './study-configuration.ts';
import { variationOf, type Variation } from './variation.ts';

/** One line of `study.jsonl`: a training. */
export interface StudyRow extends StudyTraining {
  /** On test images, in percent. */
  readonly accuracy: number;
  readonly seconds: number;
}

/** How much the maps of a group of trainings differ. */
export interface StudyResult extends Variation {
  readonly factor: Factor;
  readonly batchSize: number;
  readonly averaging: Averaging;
  readonly repeats: number;
}

const rowId = ({ factor, batchSize, repeat }: Pick<StudyTraining, 'factor' | 'batchSize' | 'repeat'>): string => JSON.stringify([factor, batchSize, repeat]);

function mapsOf(out: string, { factor, batchSize, repeat }: StudyTraining): readonly PixelImportance[] {
  const file = FILES.studyMaps(out, factor, batchSize, repeat);
  const maps = decodeNpy(readFileSync(file), file);
  return AVERAGINGS.map((_, i) => importanceOfMaps({ shape: [1, ...maps.shape.slice(1)], data: sampleData(maps, i) }, 'NHWC'));
}

/** What the trainings of a folder say: one result per factor, batch size and averaging. */
export function summariseStudy(out: string, rows: readonly StudyRow[]): readonly StudyResult[] {
  const groups = new Map<string, StudyRow[]>();
  for (const row of rows) groups.set(`${row.factor} ${row.batchSize}`, [...(groups.get(`${row.factor} ${row.batchSize}`) ?? []), row]);
  return [...groups.values()].filter((group) => group.length > 1).flatMap((group) => {
    const maps = group.map((row) => mapsOf(out, row));
    const { factor, batchSize } = group[0]!;
    return AVERAGINGS.map((averaging, i) => ({ factor, batchSize, averaging, repeats: group.length, ...variationOf(maps.map((kinds) => kinds[i]!)) }));
  });
}

/** Goes on with the trainings of a folder where they are of the same study. @throws CONFIGURATION_INVALID where they are of another. */
function earlierRows(configuration: StudyConfiguration, { out, resume }: Execution): readonly StudyRow[] {
  const file = FILES.studyRecord(out);
  if (!resume || !existsSync(file)) return [];
  const { configuration: before } = JSON.parse(readFileSync(file, 'utf8')) as { readonly configuration: StudyConfiguration };
  const decisive = ({ data, recipe }: StudyConfiguration): unknown => JSON.parse(JSON.stringify({ data, recipe }));
  if (!isDeepStrictEqual(decisive(before), decisive(configuration))) {
    throw new PellucidError('CONFIGURATION_INVALID', {
      where: 'of `--resume`', problem: `the trainings in \`${out}\` are of other data or another network`, help: 'Ask for the same, or start anew in another `--out`.',
    });
  }
  return readJsonLines<StudyRow>(FILES.study(out));
}

/**
 * Trains networks that differ in one thing at a time, and measures how much their accumulated gradients differ: over batch sizes, seeds, initial weights,
 * orders of images, and over what is averaged.
 * @returns all results, and why trainings are missing
 * @throws DATA_MISSING, DATA_INVALID, OUTPUT_UNWRITABLE, CONFIGURATION_INVALID before anything runs.
 */
export async function runStudy(
  configuration: StudyConfiguration, execution: Execution, stream: ProgressStream,
): Promise<{ readonly results: readonly StudyResult[]; readonly rows: readonly StudyRow[]; readonly failures: readonly string[] }> {
  const { data, recipe } = configuration;
  const { out } = execution;
  await probeSource(data);
  ensureWritable(out);
  const earlier = earlierRows(configuration, execution);
  writeWhole(FILES.studyRecord(out), `${JSON.stringify({ configuration, versions: programVersions(), machine: describeMachine() }, null, 2)}\n`);
  const done = new Set(earlier.map(rowId));
  const lines = openJsonLines(FILES.study(out), earlier);
  const pending = planStudy(configuration).filter((training) => !done.has(rowId(training)));
  stream.write(`${pending.length} trainings; ${execution.workers} processes; results in ${out}\n`);
  const progress = startProgress(stream, { total: pending.length });
  const pool = startPool(execution);
  const rows = [...earlier];
  const failures: string[] = [];
  try {
    await Promise.all(pending.map(async (training) => {
      const { factor, batchSize, repeat } = training;
      const result = await trainInPool(pool, { kind: 'study', data, recipe, training, file: FILES.studyMaps(out, factor, batchSize, repeat) });
      if ('failure' in result) {
        failures.push(`${factor}, batches of ${batchSize}, training ${repeat}: ${result.failure.message}`);
        progress.log(`failed: ${failures.at(-1) ?? ''}`);
        return;
      }
      const row = { ...training, accuracy: (100 * result.correct.reduce((a, b) => a + b, 0)) / result.correct.length, seconds: Number(result.seconds.toFixed(3)) };
      lines.append(row);
      rows.push(row);
      progress.tick(`${factor}, batches of ${batchSize}, training ${repeat}`);
    }));
  } finally {
    progress.stop();
    pool.close();
    lines.close();
  }
  return { results: summariseStudy(out, rows), rows, failures };
}
