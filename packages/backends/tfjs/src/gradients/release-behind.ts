import type * as tf from '@tensorflow/tfjs-core';

import type { TapeEntry } from './tape.ts';

/**
 * Makes a backward pass free what it is done with as it goes: the gradients that arrived at an operation, and what the tape saved for it. The engine
 * holds all of them until the end, which is more than half of what a pass takes, and slow: memory that was just freed is used again while it is still
 * in the cache.
 * @param kept - tensors whose gradients are wanted, by id
 */
export function releaseBehind(entries: readonly TapeEntry[], kept: ReadonlySet<number>): void {
  const handedOut = new Set<tf.Tensor>();
  /** Gradients of more than one tensor: some return what arrived as it is. */
  const shared = new Set<tf.Tensor>();
  let release = (): void => undefined;
  for (const entry of entries) {
    const { gradient, outputs, saved } = entry;
    if (gradient === undefined) continue;
    entry.gradient = (arrived) => {
      release();
      const computations = gradient(arrived);
      release = (): void => {
        for (const value of saved) value.dispose();
        arrived.forEach((value, i) => {
          if (value !== null && !shared.has(value) && !kept.has(outputs[i]!.id)) value.dispose();
        });
      };
      const noting = (compute: () => tf.Tensor) => (): tf.Tensor => {
        const result = compute();
        if (handedOut.has(result) || arrived.includes(result)) shared.add(result);
        handedOut.add(result);
        return result;
      };
      return Object.fromEntries(Object.entries(computations).map(([name, compute]) => [name, noting(compute)]));
    };
  }
}
