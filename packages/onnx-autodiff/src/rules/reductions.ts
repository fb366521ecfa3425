import { attributeInt, ElementType, intAttribute, intsAttribute, reducedAxes } from '@pellucid/onnx-graph';
import {
  choose, equal, expandAxes, knownShape, multiplyMask, reduceSum as sumOver, runtimeShape, sign, unsqueeze, type Emitter,
} from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';

function axesOf({ emit, node, opset, inputs: [x = ''], types }: RuleContext): readonly number[] {
  return reducedAxes({ node, opset, inputs: types }, knownShape(emit, x).length) ?? emit.fail('its axes are not known before it runs');
}

/** A result with the reduced axes as length 1 again. */
function keepAxes({ emit, node }: RuleContext, value: string, axes: readonly number[]): string {
  return attributeInt(node, 'keepdims', 1) === 1 ? value : unsqueeze(emit, value, axes);
}

/** dy, with the reduced axes as length 1 again, spread over them. */
function spread(context: RuleContext, dy: string, axes: readonly number[]): string {
  const { emit, inputs: [x = ''] } = context;
  return axes.length === 0 ? dy : expandAxes(emit, keepAxes(context, dy, axes), x, axes);
}

/** A rule for the first input alone, from dy and y with the reduced axes as length 1; the axes are not differentiated. */
function reduction(dx: (emit: Emitter, x: string, y: string, dy: string, axes: readonly number[]) => string): GradientRule {
  return (context) => {
    const { emit, inputs, outputs: [y = ''], dy } = context;
    const axes = axesOf(context);
    const result = dx(emit, inputs[0] ?? '', keepAxes(context, y, axes), keepAxes(context, dy, axes), axes);
    return inputs.map((_, i) => (i === 0 ? result : null));
  };
}

/** dy at every position that was summed. */
export const reduceSum: GradientRule = (context) =>
  context.inputs.map((_, i) => (i === 0 ? spread(context, context.dy, axesOf(context)) : null));

/** dy / n at every position that was averaged; n is counted at run time where a length is free. */
export const reduceMean: GradientRule = (context) => {
  const { emit, dy, inputs } = context;
  const [x = ''] = inputs;
  const axes = axesOf(context);
  const shape = knownShape(emit, x);
  const known = axes.every((axis) => typeof shape[axis] === 'number');
  const count = axes.reduce((product, axis) => product * Number(shape[axis]), 1);
  let share: string;
  if (known) {
    share = emit.op('Mul', [dy, emit.scalar(1 / count, dy)]);
  } else {
    const lengths = emit.op('Gather', [runtimeShape(emit, x), emit.integers(axes)], [intAttribute('axis', 0)]);
    const product = productOver(emit, lengths, [0], false);
    share = emit.op('Div', [dy, emit.op('Cast', [product], [intAttribute('to', emit.typeOf(dy).elementType || ElementType.FLOAT)])]);
  }
  const dx = spread(context, share, axes);
  return inputs.map((_, i) => (i === 0 ? dx : null));
};

/** Product over axes, which stay as length 1 or go. */
function productOver(emit: Emitter, x: string, axes: readonly number[], keepdims: boolean): string {
  const keep = intAttribute('keepdims', keepdims ? 1 : 0);
  return emit.opset >= 18 ? emit.op('ReduceProd', [x, emit.integers(axes)], [keep]) : emit.op('ReduceProd', [x], [intsAttribute('axes', axes), keep]);
}

/** Each position that holds the extremum gets an equal share. */
export const reduceExtremum: GradientRule = reduction((emit, x, y, dy, axes) => {
  if (axes.length === 0) return dy;
  const held = emit.op('Cast', [equal(emit, x, y)], [intAttribute('to', emit.typeOf(x).elementType)]);
  return emit.op('Mul', [emit.op('Div', [dy, sumOver(emit, held, axes, true)]), held]);
});

/** y = sum |x| */
export const reduceL1: GradientRule = reduction((emit, x, _, dy) => emit.op('Mul', [dy, sign(emit, x)]));

/** y = sqrt(sum x^2); dx = dy x / y, 0 where y is 0. */
export const reduceL2: GradientRule = reduction((emit, x, y, dy) => {
  const none = equal(emit, y, emit.scalar(0, y));
  return emit.op('Mul', [x, emit.op('Div', [choose(emit, none, emit.scalar(0, dy), dy), choose(emit, none, emit.scalar(1, y), y)])]);
});

/** y = log(sum x); dx = dy / sum x = dy exp(-y). */
export const reduceLogSum: GradientRule = reduction((emit, x, y, dy, axes) => {
  const share = emit.op('Mul', [dy, emit.op('Exp', [emit.op('Neg', [y])])]);
  return axes.length === 0 ? share : expandAxes(emit, share, x, axes);
});

/** y = log(sum exp(x)); dx = dy exp(x - y). */
export const reduceLogSumExp: GradientRule = reduction((emit, x, y, dy) => emit.op('Mul', [dy, emit.op('Exp', [emit.op('Sub', [x, y])])]));

/** y = sum x^2 */
export const reduceSumSquare: GradientRule = reduction((emit, x, _, dy) => emit.op('Mul', [dy, emit.op('Mul', [x, emit.scalar(2, x)])]));

/** Each factor gets dy times the product of the others, which a factor of 0 does not hide. */
export const reduceProduct: GradientRule = reduction((emit, x, _, dy, axes) => {
  if (axes.length === 0) return dy;
  const zero = equal(emit, x, emit.scalar(0, x));
  const isZero = emit.op('Cast', [zero], [intAttribute('to', emit.typeOf(x).elementType)]);
  const safe = choose(emit, zero, emit.scalar(1, x), x);
  const otherZeros = emit.op('Sub', [sumOver(emit, isZero, axes, true), isZero]);
  const others = emit.op('Div', [productOver(emit, safe, axes, true), safe]);
  return emit.op('Mul', [dy, multiplyMask(emit, equal(emit, otherZeros, emit.scalar(0, x)), others)]);
});
