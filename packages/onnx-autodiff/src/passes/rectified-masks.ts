import type { Emitter } from '../engine/emitter.ts';
import { scaleChannels } from './channel-scaling.ts';

/** Lifts what is above 0 beyond every bound: a power of two, so that nothing is rounded, whose products with these bounds are finite. */
const LIFT = 2 ** 100;

/**
 * 1 where 0 < y < high, else 0, for an image y in [0, high] of the blocked layout.
 *
 * Convolutions apply a ReLU while they write; Clip and LeakyReLU take another pass over what they wrote. `steps` turns the distance between `high` and the float
 * below it into 1, so that max(steps (y - high) + 1, 0) is 1 at the upper bound and 0 below; what `atZero` adds makes it 1 at the lower one, too.
 */
export function rectifiedMask(emit: Emitter, y: string, high: number): string {
  const exponent = Math.floor(Math.log2(high));
  const steps = 2 ** ((high === 2 ** exponent ? 24 : 23) - exponent);
  const atZero = emit.op('Relu', [scaleChannels(emit, y, -LIFT, high * steps)]);
  const atBounds = emit.op('Relu', [emit.op('Add', [scaleChannels(emit, y, steps, 1 - high * steps), atZero])]);
  return scaleChannels(emit, atBounds, -1, 1);
}
