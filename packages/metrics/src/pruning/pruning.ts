import { PellucidError, throwIfAborted, type LabelledImages } from '@pellucid/core';
import type { PixelImportance } from './importance.ts';
import { keepPixels, topPixels } from './pixel-mask.ts';

/** Images to train on and images to test on. */
export interface TrainAndTest {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/** Trains a network from scratch and says for each test image whether it was classified right (1) or not (0). */
export type Retrain = (data: TrainAndTest, context: { readonly seed: number; readonly signal?: AbortSignal | undefined }) => Promise<Uint8Array>;

/** What pruning needs. */
export interface PruningRequest extends TrainAndTest {
  readonly importance: PixelImportance;
  /** Shares of pixels to keep, in percent. @defaultValue [60, 40, 10] */
  readonly percents?: readonly number[] | undefined;
  readonly retrain: Retrain;
  /** Decides initialisation and order of every training. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** Per test image, whether the network trained on whole images is right; trained here unless given. */
  readonly reference?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What one share of pixels is worth. Accuracies and drop in percent and percentage points. */
export interface PruningResult {
  readonly percent: number;
  readonly referenceAccuracy: number;
  readonly accuracy: number;
  /** Reference accuracy less accuracy; negative when pruning helped. */
  readonly drop: number;
  /** The drop of each test image, 100 x (reference right - right): their mean is the drop. */
  readonly drops: Float64Array;
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** Compares a network trained on pruned images with one trained on whole images. @throws REQUEST_INVALID for different test sets. */
export function comparePruned(percent: number, reference: Uint8Array, pruned: Uint8Array): PruningResult {
  if (reference.length !== pruned.length || pruned.length === 0) {
    throw new PellucidError('REQUEST_INVALID', {
      action: 'compare accuracies',
      problem: `the reference has ${reference.length} test images and the pruned run ${pruned.length}`,
      help: 'Test both networks on the same images, at least one.',
    });
  }
  const drops = Float64Array.from(reference, (right, i) => 100 * (right - pruned[i]!));
  const referenceAccuracy = 100 * mean(reference);
  const accuracy = 100 * mean(pruned);
  return { percent, referenceAccuracy, accuracy, drop: referenceAccuracy - accuracy, drops };
}

/**
 * Pruning with retraining: keeps only the most important pixels in training and test images, trains a network from scratch, and
 * reports how much accuracy that costs. Lower drops are better.
 * @see {@link https://arxiv.org/abs/1806.10758 | Hooker et al. 2019} for one mask per image; here one mask holds for all images.
 * @throws SHAPE_MISMATCH, OPTION_INVALID, ABORTED, and whatever `retrain` throws.
 */
export async function pruning(request: PruningRequest): Promise<PruningResult[]> {
  const { train, test, importance, percents = [60, 40, 10], retrain, seed = 0, signal } = request;
  const masks = percents.map((percent) => ({ percent, mask: topPixels(importance, percent) }));
  throwIfAborted(signal, 'the pruning');
  const reference = request.reference ?? (await retrain({ train, test }, { seed, signal }));
  const results: PruningResult[] = [];
  for (const { percent, mask } of masks) {
    throwIfAborted(signal, 'the pruning');
    const pruned = await retrain({ train: keepPixels(train, mask), test: keepPixels(test, mask) }, { seed, signal });
    results.push(comparePruned(percent, reference, pruned));
  }
  return results;
}
