import type { Tensor } from '../tensor/tensor.ts';

/** What a sampling method knows of one sample's map after some of its draws. */
export interface Estimate {
  /** Place of the sample in the batch. */
  readonly sample: number;
  /** The map so far, [1, ...]. */
  readonly values: Tensor;
  /** Standard error of each of the values; infinite before the second draw. */
  readonly standardError: Tensor;
  readonly draws: number;
}

/** Whether the largest standard error is at most the given share of the largest absolute value. */
export function isExactEnough({ values, standardError }: Estimate, share: number): boolean {
  const largest = (data: Float32Array): number => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(standardError.data) <= share * largest(values.data);
}
