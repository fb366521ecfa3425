import { intAttribute } from '@pellucid/onnx-graph';
import { choose, sign } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';

/** y = a + b + ...; every term gets dy. */
export const add: GradientRule = ({ inputs, dy }) => inputs.map(() => dy);

/** y = a - b */
export const subtract: GradientRule = ({ emit, dy, wanted }) => [dy, wanted[1] ? emit.op('Neg', [dy]) : null];

/** y = a b; da = dy b, db = dy a. */
export const multiply: GradientRule = ({ emit, dy, inputs: [a = '', b = ''], wanted }) => [
  wanted[0] ? emit.op('Mul', [dy, b]) : null,
  wanted[1] ? emit.op('Mul', [dy, a]) : null,
];

/** y = a / b; da = dy / b, db = -dy y / b. */
export const divide: GradientRule = ({ emit, dy, inputs: [, b = ''], outputs: [y = ''], wanted }) => [
  wanted[0] ? emit.op('Div', [dy, b]) : null,
  wanted[1] ? emit.op('Neg', [emit.op('Div', [emit.op('Mul', [dy, y]), b])]) : null,
];

/** y = x^n for an n that needs no gradient; dx = dy n x^(n-1). */
export const power: GradientRule = ({ emit, dy, inputs: [x = '', n = ''], wanted }) => {
  if (wanted[1]) return emit.fail('the exponent depends on the tensor to differentiate at', 'Only the base has a gradient.');
  const known = emit.typeOf(n).values;
  if (known?.length === 1 && known[0] === 2) return [emit.op('Mul', [dy, emit.op('Mul', [x, emit.scalar(2, x)])]), null];
  const exponent = emit.typeOf(n).elementType === emit.typeOf(x).elementType ? n : emit.op('Cast', [n], [intAttribute('to', emit.typeOf(x).elementType)]);
  const slope = emit.op('Mul', [exponent, emit.op('Pow', [x, emit.op('Sub', [exponent, emit.scalar(1, x)])])]);
  return [emit.op('Mul', [dy, slope]), null];
};

/** y = -x */
export const negate: GradientRule = ({ emit, dy }) => [emit.op('Neg', [dy])];

/** y = |x|; 0 at 0. */
export const absolute: GradientRule = ({ emit, dy, inputs: [x = ''] }) => [emit.op('Mul', [dy, sign(emit, x)])];

/** y = sqrt(x); dx = dy / (2 y). */
export const squareRoot: GradientRule = ({ emit, dy, outputs: [y = ''] }) => [emit.op('Div', [emit.op('Mul', [dy, emit.scalar(0.5, dy)]), y])];

/** y = exp(x); dx = dy y. */
export const exponential: GradientRule = ({ emit, dy, outputs: [y = ''] }) => [emit.op('Mul', [dy, y])];

/** y = log(x); dx = dy / x. */
export const logarithm: GradientRule = ({ emit, dy, inputs: [x = ''] }) => [emit.op('Div', [dy, x])];

/** y = 1 / x; dx = -dy y^2. */
export const reciprocal: GradientRule = ({ emit, dy, outputs: [y = ''] }) => [emit.op('Neg', [emit.op('Mul', [dy, emit.op('Mul', [y, y])])])];

/** Chooses a or b by a condition: each gets dy where it was chosen. */
export const where: GradientRule = ({ emit, dy, inputs: [condition = ''], wanted }) => {
  const zero = emit.scalar(0, dy);
  return [null, wanted[1] ? choose(emit, condition, dy, zero) : null, wanted[2] ? choose(emit, condition, zero, dy) : null];
};
