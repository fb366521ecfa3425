import { batchSize, concatBatches, sampleData, sampleSize } from '../tensor/batch.ts';
import { zeros, type Tensor } from '../tensor/tensor.ts';
import { askAhead, cutPieces } from './ask-ahead.ts';
import type { Estimate } from './estimate.ts';
import type { Attribution, MethodContext } from './method.ts';
import { addToMoments, errorOfMean, errorOfVariance, noMoments, variance, type Moments } from './moments.ts';

/** Independent draws whose mean, or variance, is the map of one sample. */
export interface Sampling {
  /** Place of the sample in the batch, and the size of the batch. */
  readonly sample: number;
  readonly samples: number;
  /** What of the draws the map is. @defaultValue 'mean' */
  readonly statistic?: 'mean' | 'variance' | undefined;
  /** The most draws that are made. */
  readonly draws: number;
  /**
   * The contributions of `count` draws from number `first` on, [count, ...]; a draw is the same in whatever piece it is made. It is asked for while the model
   * answers the piece before, but not while the one before that is read.
   */
  readonly draw: (first: number, count: number) => Promise<Tensor>;
  /** Makes an estimate of maps from one of draws, where these are shorter, such as a number per feature. @defaultValue draws are maps */
  readonly toMap?: ((estimate: Estimate) => Estimate) | undefined;
}

/**
 * Estimates are offered after this many draws and every so many more, and after the last. The steps do not depend on the pieces in which draws are made, so
 * that a map that stops early is the same in any amount of memory.
 */
const DRAWS_BETWEEN_ESTIMATES = 10;

function estimateOf(moments: Moments, { sample, statistic = 'mean', toMap }: Sampling, shape: readonly number[]): Estimate {
  const values = zeros([1, ...shape]);
  const standardError = zeros([1, ...shape]);
  values.data.set(statistic === 'mean' ? moments.mean : variance(moments));
  standardError.data.set(statistic === 'mean' ? errorOfMean(moments) : errorOfVariance(moments));
  const estimate = { sample, values, standardError, draws: moments.count };
  return toMap?.(estimate) ?? estimate;
}

/** The maps of all samples, in the order of the batch, with their standard errors and draws. */
export function joinEstimates(estimates: readonly Estimate[]): Attribution {
  return {
    values: concatBatches(estimates.map(({ values }) => values)),
    standardError: concatBatches(estimates.map(({ standardError }) => standardError)),
    draws: estimates.map(({ draws }) => draws),
  };
}

/**
 * The mean (or variance) over independent draws with its standard error. Offers the estimate as it gets better and when all draws are made, and stops early where the
 * request asked for a standard error and it is reached. Draws are made in pieces of `context.chunkSize`.
 * @throws what `draw` throws.
 */
export async function summariseDraws(context: MethodContext, sampling: Sampling): Promise<Estimate> {
  const { sample, samples, draws, draw } = sampling;
  let moments: Moments | undefined;
  let shape: readonly number[] = [];
  const pieces = askAhead(cutPieces(draws, context.chunkSize), ({ first, count }) => draw(first, count), !context.mayStop);
  for await (const piece of pieces) {
    shape = piece.shape.slice(1);
    moments ??= noMoments(sampleSize(piece), sampling.statistic === 'variance');
    for (let i = 0; i < batchSize(piece); i++) {
      const soFar: Moments = (moments = addToMoments(moments, sampleData(piece, i)));
      const isDue = soFar.count % DRAWS_BETWEEN_ESTIMATES === 0 || soFar.count === draws;
      if (isDue && context.estimate(() => estimateOf(soFar, sampling, shape))) {
        context.progress((sample + 1) * draws, samples * draws);
        return estimateOf(soFar, sampling, shape);
      }
    }
    context.progress(sample * draws + moments.count, samples * draws);
  }
  if (moments === undefined) throw new Error('internal: a sampling of no draws');
  return estimateOf(moments, sampling, shape);
}
