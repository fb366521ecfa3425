import { randomStream } from '@pellucid/core';
import { quantileSorted } from 'simple-statistics';

/** Means of several measurements of the same samples, with 95 % intervals. */
export interface BootstrapMeans {
  readonly mean: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

const DRAWS = new Map<string, Int32Array>();

/** Which samples each resample holds, one resample after the other. Thousands of cells ask for the same draws. */
export function drawsFor(samples: number, resamples: number, seed: number): Int32Array {
  const key = `${samples} ${resamples} ${seed}`;
  const known = DRAWS.get(key);
  if (known !== undefined) return known;
  const { integer } = randomStream(seed, 'bootstrap');
  const draws = Int32Array.from({ length: samples * resamples }, () => integer(samples));
  DRAWS.set(key, draws);
  return draws;
}

/**
 * The mean over samples of each measurement, and its 95 % interval: percentiles of the means of samples drawn with replacement, the same draws for
 * every measurement.
 * @param rows - a row per sample, a value per measurement
 * @see Efron 1979, Bootstrap methods: another look at the jackknife
 */
export function bootstrapMeans(rows: readonly ArrayLike<number>[], seed: number, resamples: number): BootstrapMeans {
  const samples = rows.length;
  const points = rows[0]?.length ?? 0;
  const draws = drawsFor(samples, resamples, seed);
  const [mean, low, high]: [number[], number[], number[]] = [[], [], []];
  for (let point = 0; point < points; point++) {
    const values = Float64Array.from(rows, (row) => row[point]!);
    const means = new Float64Array(resamples);
    for (let resample = 0; resample < resamples; resample++) {
      let sum = 0;
      for (let i = resample * samples; i < (resample + 1) * samples; i++) sum += values[draws[i]!]!;
      means[resample] = sum / samples;
    }
    const sorted = Array.from(means.sort());
    mean.push(values.reduce((sum, value) => sum + value, 0) / samples);
    low.push(quantileSorted(sorted, 0.025));
    high.push(quantileSorted(sorted, 0.975));
  }
  return { mean, low, high };
}
