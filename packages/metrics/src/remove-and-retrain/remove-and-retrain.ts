import { resolveOptions, throwIfAborted, type Tensor } from '@pellucid/core';
import type { Retrain, TrainAndTest } from '../pruning/pruning.ts';
import { karDescription, roarDescription, type RetrainingCurveOptions } from './description.ts';
import { channelMeans, replacePixels } from './replace-pixels.ts';
import { REPLACED, retrainingCurve, type RetrainingCurve } from './retraining-curve.ts';

/** What ROAR and KAR need. */
export interface RetrainingCurveRequest extends TrainAndTest, Partial<RetrainingCurveOptions> {
  /** `pixelRanks` of the maps of all training images, and of all test images. */
  readonly trainRanks: Tensor;
  readonly testRanks: Tensor;
  readonly retrain: Retrain;
  /** The seed of the first retraining; each next one has the next. @defaultValue 0 */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

async function retrainAtShares(metric: 'roar' | 'kar', request: RetrainingCurveRequest): Promise<RetrainingCurve> {
  const { train, test, trainRanks, testRanks, retrain, seed = 0, signal, ...given } = request;
  const { options } = metric === 'roar' ? roarDescription : karDescription;
  const { percents, retrainings } = resolveOptions<RetrainingCurveOptions>(metric, options, given);
  const fill = channelMeans(train);
  const replaced = REPLACED[metric];
  const retrainAll = async (data: TrainAndTest): Promise<Uint8Array[]> => {
    const correct: Uint8Array[] = [];
    for (let i = 0; i < retrainings; i++) {
      throwIfAborted(signal, `the retraining of \`${metric}\``);
      correct.push(await retrain(data, { seed: seed + i, signal }));
    }
    return correct;
  };
  const whole = await retrainAll({ train, test });
  const changed: Uint8Array[][] = [];
  for (const percent of percents) {
    const replacement = { replaced, percent, fill };
    changed.push(await retrainAll({ train: replacePixels(train, trainRanks, replacement), test: replacePixels(test, testRanks, replacement) }));
  }
  return retrainingCurve(metric, percents, { whole, changed });
}

/**
 * Remove and retrain: the pixels of each image that its own map ranks highest are replaced by the training mean, in training and test images, and a network is
 * trained from scratch. Lower areas are better: what was removed mattered.
 * @see {@link https://arxiv.org/abs/1806.10758 | Hooker et al. 2019}
 * @throws SHAPE_MISMATCH, OPTION_INVALID, ABORTED, and whatever `retrain` throws.
 */
export function roar(request: RetrainingCurveRequest): Promise<RetrainingCurve> {
  return retrainAtShares('roar', request);
}

/**
 * Keep and retrain: as `roar`, but the highest pixels stay and all others are replaced. Higher areas are better.
 * @see {@link https://arxiv.org/abs/1806.10758 | Hooker et al. 2019}
 * @throws as `roar`.
 */
export function kar(request: RetrainingCurveRequest): Promise<RetrainingCurve> {
  return retrainAtShares('kar', request);
}
