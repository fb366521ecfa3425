import { randomStream } from '@pellucid/core';
import { mean, quantileSorted } from 'simple-statistics';

const RESAMPLES = 2000;

/** A mean with its interval. */
export interface Estimate {
  readonly value: number;
  readonly ci95: readonly [number, number];
}

/**
 * The mean of scores and its 95 % interval: percentiles of the means of 2,000 samples drawn with replacement. The scores and the seed
 * decide the draws, so that equal scores give equal intervals.
 * @see Efron 1979, Bootstrap methods: another look at the jackknife
 */
export function bootstrapMean(scores: readonly number[], seed: number): Estimate {
  const value = mean([...scores]);
  const { integer } = randomStream(seed, 'bootstrap');
  const drawn = (): number => scores.reduce((sum) => sum + scores[integer(scores.length)]!, 0) / scores.length;
  const means = Float64Array.from({ length: RESAMPLES }, drawn).sort();
  const sorted = Array.from(means);
  return { value, ci95: [quantileSorted(sorted, 0.025), quantileSorted(sorted, 0.975)] };
}
