import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeWhole } from '@pellucid/files';
import { zooModel } from '@pellucid/zoo';
import type { DataSource, Recipe } from '../configuration/configuration.ts';
import { EMBEDDED } from '../data/sources.ts';
import { writeEvolution } from '../evolution/evolution.ts';
import type { RecordedReduction } from '../prune/recorded-rankings.ts';
import { FILES } from '../store/folder.ts';
import type { Failure } from '../store/result-row.ts';
import type { TrainedRecord } from '../store/run-record.ts';
import type { ModelFiles } from '../worker/protocol.ts';
import type { Pool } from './pool.ts';
import { trainInPool } from './train-in-pool.ts';

/** A network that was trained on whole images, with what it gets right. */
export interface TrainedFiles {
  readonly files: ModelFiles;
  readonly correct: Uint8Array;
  readonly record: TrainedRecord;
}

interface Stamp {
  readonly data: DataSource;
  /** Hash of the images and of the code that trains. */
  readonly version: string;
  readonly recipe: Recipe;
  readonly reductions: readonly RecordedReduction[];
  readonly correct: readonly number[];
  readonly record: TrainedRecord;
}

/** The files of a network that came with the project. */
export function zooFiles(name: string): ModelFiles {
  const { onnx, tfjs } = zooModel(name);
  return { onnxruntime: onnx.path, tfjs: tfjs.path };
}

/** Whether networks come with the data set. */
export const hasZoo = ({ name }: DataSource): boolean => name === EMBEDDED;

function readStamp(file: string, wanted: Pick<Stamp, 'data' | 'version' | 'recipe' | 'reductions'>): Stamp | undefined {
  if (!existsSync(file)) return undefined;
  const stamp = JSON.parse(readFileSync(file, 'utf8')) as Stamp;
  const { data, version, recipe, reductions } = stamp;
  return isDeepStrictEqual({ data, version, recipe, reductions }, wanted) ? stamp : undefined;
}

/** What a network is trained from. */
export interface TrainingRequest {
  readonly data: DataSource;
  /** Hash of the images and of the code that trains. */
  readonly version: string;
  readonly recipe: Recipe;
  readonly seed: number;
  /** Which accumulated gradients are recorded. @defaultValue the mean of absolute values */
  readonly reductions?: readonly RecordedReduction[] | undefined;
}

/** Trains a network on whole images and stores it with its accumulated gradients, unless the folder holds it from before. */
export async function trainNetwork(pool: Pool, out: string, { data, version, recipe, seed, reductions = ['mean-absolute'] }: TrainingRequest): Promise<TrainedFiles | { readonly failure: Failure }> {
  const folder = FILES.network(out, data.name, recipe.network, seed);
  const files = { onnxruntime: join(folder, 'network.onnx'), tfjs: join(folder, 'model.json') };
  // Written last: whoever finds it finds the rest.
  const stampFile = join(folder, 'training.json');
  const stamp = readStamp(stampFile, { data, version, recipe, reductions });
  if (stamp !== undefined) return { files, correct: Uint8Array.from(stamp.correct), record: stamp.record };
  const recordFile = FILES.record(out, data.name, recipe.network, seed);
  const result = await trainInPool(pool, { kind: 'train', data, recipe, seed, files, recordFile, reductions });
  if ('failure' in result) return result;
  const { correct, seconds } = result;
  if (reductions.includes('mean-absolute')) await writeEvolution(recordFile);
  const accuracy = (100 * correct.reduce((a, b) => a + b, 0)) / correct.length;
  const record = { dataset: data.name, network: recipe.network, seed, accuracy, trainImages: data.trainImages, testImages: data.testImages, recipe, seconds };
  writeWhole(stampFile, JSON.stringify({ data, version, recipe, reductions, correct: [...correct], record }));
  return { files, correct, record };
}
