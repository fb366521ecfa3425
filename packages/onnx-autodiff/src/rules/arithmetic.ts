import { intAttribute } from '@pellucid/onnx-graph';
import { choose, equal, sign, type Emitter } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';

/** x^2 */
export const squareOf = (emit: Emitter, x: string): string => emit.op('Mul', [x, x]);

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

/** y = x^n; dx = dy n x^(n-1), dn = dy y log(x), which is 0 where x is 0 and n is not negative. */
export const power: GradientRule = ({ emit, dy, inputs: [x = '', n = ''], outputs: [y = ''], wanted }) => {
  const exponent = emit.typeOf(n).elementType === emit.typeOf(x).elementType ? n : emit.op('Cast', [n], [intAttribute('to', emit.typeOf(x).elementType)]);
  const base = (): string => {
    const known = emit.typeOf(n).values;
    if (known?.length === 1 && known[0] === 2) return emit.op('Mul', [dy, emit.op('Mul', [x, emit.scalar(2, x)])]);
    if (known?.length === 1 && known[0] === 1) return dy;
    return emit.op('Mul', [dy, emit.op('Mul', [exponent, emit.op('Pow', [x, emit.op('Sub', [exponent, emit.scalar(1, x)])])])]);
  };
  const rise = (): string => {
    const zero = equal(emit, x, emit.scalar(0, x));
    const safe = choose(emit, zero, emit.scalar(1, x), x);
    return emit.op('Mul', [dy, emit.op('Mul', [y, emit.op('Log', [safe])])]);
  };
  return [wanted[0] ? base() : null, wanted[1] ? rise() : null];
};

/** y = a mod b = a - q b with the quotient q that the operator rounds; da = dy, db = -q dy. */
export const modulo: GradientRule = ({ emit, dy, inputs: [a = '', b = ''], outputs: [y = ''], wanted }) => [
  wanted[0] ? dy : null,
  wanted[1] ? emit.op('Mul', [dy, emit.op('Div', [emit.op('Sub', [y, a]), b])]) : null,
];

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
