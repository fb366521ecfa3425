import type { Explanation, Tensor } from '@pellucid/core';

/** An explanation of the model as an epoch left it. */
export interface EpochExplanation {
  /** From 0. */
  readonly epoch: number;
  /** What was explained. */
  readonly input: Tensor;
  readonly explanation: Explanation;
}
