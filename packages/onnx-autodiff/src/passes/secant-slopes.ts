import { ElementType, floatAttribute } from '@pellucid/onnx-graph';
import type { Emitter } from '../engine/emitter.ts';
import { halvesOf } from './batch-halves.ts';
import { referenceSlope } from './reference-slopes.ts';

/** Added to lengths, so that a quotient of two that are 0 is 1; it vanishes beside others. */
const NOTHING = 2 ** -120;
/** On this scale no length comes near 1, where HardSigmoid cuts. */
const SCALE = 2 ** -48;
/** Where a ramp begins: above 0, where the derivative is 0, by more than `NOTHING` on that scale. */
const BEGIN = 2 ** -60;

/** An activation that is the identity from 0 to `high`, which may be infinite, and constant outside. */
export interface Ramp {
  readonly x: string;
  readonly high: number;
  /** The activation of a tensor in the place of x. */
  readonly of: (half: string) => string;
}

function clip(emit: Emitter, x: string, low: number | null, high: number | null): string {
  const bound = (value: number | null): string => (value === null ? '' : emit.scalar(value, x));
  if (emit.opset >= 11) return emit.op('Clip', [x, bound(low), bound(high)]);
  const attributes = [...(low === null ? [] : [floatAttribute('min', low)]), ...(high === null ? [] : [floatAttribute('max', high)])];
  return emit.op('Clip', [x], attributes);
}

/** A length, 0 where it is negative, and `NOTHING` more, in one pass. */
const lengthOf = (emit: Emitter, difference: string): string =>
  emit.op('HardSigmoid', [difference], [floatAttribute('alpha', SCALE), floatAttribute('beta', NOTHING)]);

/**
 * (y - y0) / (x - x0) between samples and their baselines, for y a ramp of x; its derivative where x = x0. `null` where this does not apply.
 *
 * It is the part of the way from x0 to x that lies on the ramp, which takes neither y nor a derivative, nor a choice between the two. With a and b the greater
 * and the lesser of x and x0: a / (a - b) between 0 and 1 for a ReLU, and [min(a, high) - max(b, 0)]+ / (a - b) for a ReLU6.
 */
export function secantSlope(emit: Emitter, ramp: Ramp): string | null {
  const { x, high } = ramp;
  if (!emit.uses('secant-slopes') || emit.opset < 8 || emit.typeOf(x).elementType !== Number(ElementType.FLOAT)) return null;
  const [here, there] = halvesOf(emit, x);
  if (high < Infinity && emit.uses('reference-slopes')) return referenceSlope(emit, [here, there], ramp);
  const greater = emit.op('Max', [here, there]);
  if (high === Infinity) {
    const way = emit.op('Abs', [emit.op('Sub', [here, there])]);
    return clip(emit, emit.op('Div', [greater, emit.op('Add', [way, emit.scalar(NOTHING, x)])]), 0, 1);
  }
  const lesser = emit.op('Min', [here, there]);
  const onRamp = emit.op('Sub', [clip(emit, greater, null, high), clip(emit, lesser, BEGIN, null)]);
  return emit.op('Div', [lengthOf(emit, onRamp), lengthOf(emit, emit.op('Sub', [greater, lesser]))]);
}
