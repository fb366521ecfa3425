import { knownShape, type Emitter } from '../engine/emitter.ts';

/** Input channels up to which a transposed convolution is faster than one with flipped weights, which pays for 16: measured from 1 to 3. */
const NARROW = 4;

/** Whether a convolution that is not depthwise has few input channels. */
export function isNarrow(emit: Emitter, w: string, groups: number): boolean {
  return emit.uses('narrow-transposed') && groups === 1 && Number(knownShape(emit, w)[1]) <= NARROW;
}
