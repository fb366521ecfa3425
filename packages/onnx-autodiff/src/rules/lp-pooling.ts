import { attributeInt, concreteShape } from '@pellucid/onnx-graph';
import { choose, equal, expandAxes, knownShape, reshapeLike, sign, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { transposedWindows } from './convolution.ts';
import { asCounted, asSamples, poolGeometry } from './pooling.ts';

/** |x|^(p - 1) sign(x) */
function signedPower(emit: Emitter, x: string, p: number): string {
  if (p === 1) return sign(emit, x);
  if (p === 2) return x;
  return emit.op('Mul', [sign(emit, x), emit.op('Pow', [emit.op('Abs', [x]), emit.scalar(p - 1, x)])]);
}

/** dy y^(1 - p), 0 where the norm y is 0. */
function shareOf({ emit, dy, outputs: [y = ''] }: RuleContext, p: number): string {
  if (p === 1) return dy;
  const zero = emit.scalar(0, y);
  const none = equal(emit, y, zero);
  const safe = choose(emit, none, emit.scalar(1, y), y);
  return choose(emit, none, zero, emit.op('Div', [dy, p === 2 ? safe : emit.op('Pow', [safe, emit.scalar(p - 1, y)])]));
}

/** y = (sum |x|^p)^(1/p) over windows; dx = sign(x) |x|^(p-1) times the sum of dy y^(1-p) over the windows that read it. */
export const lpPool: GradientRule = (given) => {
  const { emit, node, inputs: [x = ''], outputs: [whole = ''] } = given;
  const counts = concreteShape(knownShape(emit, whole).slice(2));
  const y = counts ? asCounted(emit, whole, counts, node) : whole;
  const context = { ...given, outputs: [y] };
  const p = attributeInt(node, 'p', 2);
  const geometry = poolGeometry(context);
  const ones = emit.constant([1, 1, ...geometry.kernel], Array.from({ length: geometry.kernel.reduce((product, size) => product * size, 1) }, () => 1), x);
  const spread = transposedWindows(emit, asSamples(emit, shareOf(context, p)), ones, asSamples(emit, x), geometry, 1);
  return [emit.op('Mul', [signedPower(emit, x, p), reshapeLike(emit, spread, x)])];
};

/** The same with one window over all of space. */
export const globalLpPool: GradientRule = (context) => {
  const { emit, node, inputs: [x = ''] } = context;
  const p = attributeInt(node, 'p', 2);
  const axes = [...knownShape(emit, x).keys()].slice(2);
  return [emit.op('Mul', [signedPower(emit, x, p), expandAxes(emit, shareOf(context, p), x, axes)])];
};
