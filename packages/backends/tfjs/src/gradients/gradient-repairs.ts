import * as tf from '@tensorflow/tfjs-core';

import { batchNormalizationGradient } from './batch-normalization.ts';

/** A gradient that replaces the one that ships, or adds one, while a pass is differentiated. */
export interface GradientRepair {
  /** The operation. */
  readonly kernel: string;
  /** What is wrong with the gradient that ships. */
  readonly problem: string;
  /** Makes the replacement from the gradient that ships, if there is one. */
  readonly repair: (shipped: tf.GradConfig | undefined) => tf.GradConfig;
}

/** Every gradient that is repaired. Sorted by operation, one line each. */
export const GRADIENT_REPAIRS: readonly GradientRepair[] = [
  { kernel: 'FusedBatchNorm', problem: 'fails without scale; slow', repair: () => batchNormalizationGradient },
];

/**
 * Runs a synchronous pass with the repaired gradients in place. The registry is shared by the whole process, so they are taken out
 * again whatever happens.
 */
export function withGradientRepairs<Result>(pass: () => Result): Result {
  const shipped = GRADIENT_REPAIRS.map(({ kernel }) => tf.getGradient(kernel) as tf.GradConfig | undefined);
  GRADIENT_REPAIRS.forEach(({ kernel, repair }, i) => {
    if (shipped[i] !== undefined) tf.unregisterGradient(kernel);
    tf.registerGradient(repair(shipped[i]));
  });
  try {
    return pass();
  } finally {
    GRADIENT_REPAIRS.forEach(({ kernel }, i) => {
      tf.unregisterGradient(kernel);
      if (shipped[i] !== undefined) tf.registerGradient(shipped[i]);
    });
  }
}
