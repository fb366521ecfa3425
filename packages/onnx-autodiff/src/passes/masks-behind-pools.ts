import type { Emitter } from '../engine/emitter.ts';

/**
 * Whether `y` is the output of a ReLU that only a max-pool reads. The gradient that the pool gives is 0 but at maxima, which are positive there exactly
 * where the pool's output is: so the mask may be applied to the gradient behind the pool, and the rules of both operators ask here who does it.
 */
export function isMaskedBehindPool(emit: Emitter, y: string): boolean {
  return emit.uses('masks-behind-pools') && emit.producer(y)?.opType === 'Relu' && emit.onlyReader(y)?.opType === 'MaxPool';
}
