import jStat from 'jstat';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** The 95 % interval of a mean by Student's t; null for a single value. */
export function meanInterval(values: readonly number[]): readonly [number, number] | null {
  const count = values.length;
  if (count < 2) return null;
  const half = (jStat.studentt.inv(0.975, count - 1) * sampleStandardDeviation([...values])) / Math.sqrt(count);
  const centre = mean([...values]);
  return [centre - half, centre + half];
}
