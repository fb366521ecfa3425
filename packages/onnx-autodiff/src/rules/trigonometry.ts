import { squareOf } from './arithmetic.ts';
import type { Emitter } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';

/** The rule dx = dy slope(x, y). */
const slope = (make: (emit: Emitter, x: string, y: string) => string): GradientRule => ({ emit, dy, inputs: [x = ''], outputs: [y = ''] }) =>
  [emit.op('Mul', [dy, make(emit, x, y)])];

/** The rule dx = dy / slope(x, y). */
const inverseSlope = (make: (emit: Emitter, x: string, y: string) => string): GradientRule => ({ emit, dy, inputs: [x = ''], outputs: [y = ''] }) =>
  [emit.op('Div', [dy, make(emit, x, y)])];

const one = (emit: Emitter, x: string): string => emit.scalar(1, x);

/** y = sin x */
export const sine: GradientRule = slope((emit, x) => emit.op('Cos', [x]));

/** y = cos x */
export const cosine: GradientRule = slope((emit, x) => emit.op('Neg', [emit.op('Sin', [x])]));

/** y = tan x; dx = dy (1 + y^2). */
export const tangent: GradientRule = slope((emit, x, y) => emit.op('Add', [one(emit, x), squareOf(emit, y)]));

/** y = arcsin x; dx = dy / sqrt(1 - x^2). */
export const arcSine: GradientRule = inverseSlope((emit, x) => emit.op('Sqrt', [emit.op('Sub', [one(emit, x), squareOf(emit, x)])]));

/** y = arccos x; dx = -dy / sqrt(1 - x^2). */
export const arcCosine: GradientRule = inverseSlope((emit, x) => emit.op('Neg', [emit.op('Sqrt', [emit.op('Sub', [one(emit, x), squareOf(emit, x)])])]));

/** y = arctan x; dx = dy / (1 + x^2). */
export const arcTangent: GradientRule = inverseSlope((emit, x) => emit.op('Add', [one(emit, x), squareOf(emit, x)]));

/** y = sinh x */
export const hyperbolicSine: GradientRule = slope((emit, x) => emit.op('Cosh', [x]));

/** y = cosh x */
export const hyperbolicCosine: GradientRule = slope((emit, x) => emit.op('Sinh', [x]));

/** y = arsinh x; dx = dy / sqrt(x^2 + 1). */
export const areaSine: GradientRule = inverseSlope((emit, x) => emit.op('Sqrt', [emit.op('Add', [squareOf(emit, x), one(emit, x)])]));

/** y = arcosh x; dx = dy / sqrt(x^2 - 1). */
export const areaCosine: GradientRule = inverseSlope((emit, x) => emit.op('Sqrt', [emit.op('Sub', [squareOf(emit, x), one(emit, x)])]));

/** y = artanh x; dx = dy / (1 - x^2). */
export const areaTangent: GradientRule = inverseSlope((emit, x) => emit.op('Sub', [one(emit, x), squareOf(emit, x)]));
