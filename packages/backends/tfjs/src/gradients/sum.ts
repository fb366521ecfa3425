import type * as tf from '@tensorflow/tfjs-core';

import { sumTo } from './sum-to.ts';
import type { TapeEntry } from './tape.ts';

/** A sum of two. The gradient that ships keeps both, of which it needs no more than the shapes: `differentiateSum` takes them from the tape. */
export const sumGradient: tf.GradConfig = {
  kernelName: 'Add',
  gradFunc: () => {
    throw new Error('internal: the gradient of a sum is that of its entry');
  },
};

/** Gives an entry of the tape that is a sum its gradient. */
export function differentiateSum(entry: TapeEntry): void {
  const { a, b } = entry.inputs;
  // One that ends a chain of linear operations reads what its start reads: a rule replaces its gradient.
  if (!a || !b) return;
  const arriving = (dy: tf.Tensor | null | undefined): tf.Tensor => {
    if (!dy) throw new Error('internal: nothing arrives at a sum');
    return dy;
  };
  entry.gradient = ([dy]) => ({ a: () => sumTo(arriving(dy), a.shape), b: () => sumTo(arriving(dy), b.shape) });
}
