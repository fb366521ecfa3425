import { PellucidError } from '@pellucid/core';
import type { ReplacedPixels } from './replace-pixels.ts';

/** Which pixels each of the two metrics replaces. */
export const REPLACED: Readonly<Record<'roar' | 'kar', ReplacedPixels>> = { roar: 'top', kar: 'rest' };

/** What networks that were trained again got right. */
export interface Retrainings {
  /** A row per retraining: for each test image 1 where the network trained on whole images is right. */
  readonly whole: readonly Uint8Array[];
  /** By share, then by retraining: the same for the networks trained on changed images. */
  readonly changed: readonly (readonly Uint8Array[])[];
}

/** Accuracy over the share of pixels that was replaced, or kept. */
export interface RetrainingCurve {
  /** Shares from 0 to 1, growing; the whole image is 0 for ROAR and 1 for KAR. */
  readonly at: readonly number[];
  /** A row per retraining: the accuracy at each share, in percent. */
  readonly accuracies: readonly (readonly number[])[];
  /** The area under the curve of each test image, over the retrainings, in percent: their mean is the area under the accuracy. */
  readonly scores: Float64Array;
}

const percentRight = (correct: Uint8Array): number => (100 * correct.reduce((sum, right) => sum + right, 0)) / correct.length;

/** How much each point counts in the area under a curve through all of them, by the trapezoid rule; the weights add up to 1. */
function trapezoidWeights(at: readonly number[]): number[] {
  const width = at[at.length - 1]! - at[0]!;
  return at.map((position, i) => ((at[i + 1] ?? position) - (at[i - 1] ?? position)) / 2 / width);
}

/**
 * Joins what retrained networks get right into the curve of `roar` or `kar`.
 * @param percents - shares in percent, growing
 * @throws REQUEST_INVALID where retrainings are missing, or were tested on other images.
 */
export function retrainingCurve(metric: 'roar' | 'kar', percents: readonly number[], { whole, changed }: Retrainings): RetrainingCurve {
  const images = whole[0]?.length ?? 0;
  const rows = [whole, ...changed];
  if (images === 0 || changed.length !== percents.length || rows.some((row) => row.length !== whole.length || row.some(({ length }) => length !== images))) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `draw the curve of \`${metric}\``, problem: 'not every share has every retraining, tested on the same images', help: 'Give a row of the same test images for each.',
    });
  }
  const shares = percents.map((percent) => percent / 100);
  const at = metric === 'roar' ? [0, ...shares] : [...shares, 1];
  const points = metric === 'roar' ? rows : [...changed, whole];
  const weights = trapezoidWeights(at);
  const scores = Float64Array.from({ length: images }, (_, image) =>
    points.reduce((sum, row, i) => sum + (weights[i]! * 100 * row.reduce((right, correct) => right + correct[image]!, 0)) / row.length, 0));
  return { at, accuracies: whole.map((_, retraining) => points.map((row) => percentRight(row[retraining]!))), scores };
}
