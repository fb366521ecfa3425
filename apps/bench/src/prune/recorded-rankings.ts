import { readFileSync } from 'node:fs';
import { batchSize, decodeNpy, sliceBatch } from '@pellucid/core';
import { importanceOfMaps, type PixelImportance } from '@pellucid/metrics';

/** How the gradients of a batch become one map: the mean of their absolute values, as the published code has it, or the absolute value of their mean, as its report. */
export type RecordedReduction = 'mean-absolute' | 'absolute-mean';

/** A ranking by the accumulated gradients of a training, recorded while it goes on. */
interface RecordedRanking {
  readonly reduction: RecordedReduction;
  /** The map of the last epoch, as published, or the mean of the maps of all. */
  readonly epochs: 'last' | 'all';
}

const RECORDED: Readonly<Record<string, RecordedRanking>> = {
  'accumulated-gradients': { reduction: 'mean-absolute', epochs: 'last' },
  'accumulated-gradients-all-epochs': { reduction: 'mean-absolute', epochs: 'all' },
  'accumulated-gradients-absolute-mean': { reduction: 'absolute-mean', epochs: 'last' },
  'accumulated-gradients-absolute-mean-all-epochs': { reduction: 'absolute-mean', epochs: 'all' },
};

/** The names of all of them. */
export const RECORDED_RANKINGS: readonly string[] = Object.keys(RECORDED);

/** What has to be recorded for some rankings. */
export function reductionsFor(rankings: readonly string[]): readonly RecordedReduction[] {
  return [...new Set(rankings.flatMap((name) => RECORDED[name]?.reduction ?? []))];
}

/** The file of the maps of a training, [epochs, height, width, channels]. @param record - without extension */
export const recordedMaps = (record: string, reduction: RecordedReduction): string =>
  `${record}${reduction === 'mean-absolute' ? '' : `.${reduction}`}.npy`;

/** How a ranking orders the pixels, from the maps that were recorded. @param record - without extension */
export function recordedImportance(name: string, record: string): PixelImportance | undefined {
  const ranking = RECORDED[name];
  if (ranking === undefined) return undefined;
  const file = recordedMaps(record, ranking.reduction);
  const maps = decodeNpy(readFileSync(file), file);
  const epochs = batchSize(maps);
  return importanceOfMaps(ranking.epochs === 'last' ? sliceBatch(maps, epochs - 1, epochs) : maps, 'NHWC');
}
