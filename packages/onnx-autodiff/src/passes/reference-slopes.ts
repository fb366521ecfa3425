import { floatAttribute } from '@pellucid/onnx-graph';
import type { Emitter } from '../engine/emitter.ts';
import type { Halves } from './batch-halves.ts';
import type { Ramp } from './secant-slopes.ts';

/** Vanishes beside changes; no power of two, as small products of weights may be, so that no change is as long and points the other way. */
const NOTHING = Math.fround(Math.PI * 2 ** -121);

/** Values, but no more than `NOTHING`. */
function atMostNothing(emit: Emitter, x: string): string {
  if (emit.opset >= 11) return emit.op('Clip', [x, '', emit.scalar(NOTHING, x)]);
  return emit.op('Clip', [x], [floatAttribute('max', NOTHING)]);
}

/**
 * (y - y0) / (x - x0) for y a ramp of x that ends at `high`, with what the baseline alone decides in nodes of their own: where a baseline is kept these are computed once,
 * and y is what the forward pass made.
 *
 * Where x = x0 the quotient would be 0/0. Both its sides are lifted by the same next to nothing where x0 lies on the ramp, so that it is 1, and the lower one alone
 * elsewhere, so that it is 0. On the ramp both changes are one and the same difference, so that it is 1 exactly.
 */
export function referenceSlope(emit: Emitter, [here, there]: Halves, { high, of }: Ramp): string {
  const known = of(there);
  const lift = atMostNothing(emit, emit.op('Mul', [known, emit.op('Sub', [emit.scalar(high, known), known])]));
  const change = emit.op('Add', [emit.op('Sub', [of(here), known]), lift]);
  return emit.op('Div', [change, emit.op('Add', [emit.op('Sub', [here, there]), emit.scalar(NOTHING, here)])]);
}
