import { attributeInt, ElementType, intAttribute, type Dimension } from '@pellucid/onnx-graph';
import { knownShape, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext, RuleEntry } from '../engine/gradient-rule.ts';
import { QUANTIZED_PARTS } from './quantized-parts.ts';

/** Smallest and largest value of the integer types that floats are rounded to. */
const RANGES: Readonly<Partial<Record<number, readonly [number, number]>>> = {
  [ElementType.UINT8]: [0, 255], [ElementType.INT8]: [-128, 127], [ElementType.UINT16]: [0, 65535], [ElementType.INT16]: [-32768, 32767],
  [ElementType.UINT4]: [0, 15], [ElementType.INT4]: [-8, 7], [ElementType.UINT2]: [0, 3], [ElementType.INT2]: [-2, 1],
};

function requireStraightThrough({ emit }: RuleContext): void {
  if (emit.straightThrough) return;
  emit.fail(
    'it rounds, so that its true derivative is 0 almost everywhere',
    'To let gradients pass as if nothing were rounded, ask for the straight-through rule (`--straight-through`, or the option `straightThrough: true`).',
  );
}

/** A parameter per tensor as it is; one per axis with the axes of `x` behind it, so that it broadcasts. */
function alongAxis({ emit, node, inputs, types }: RuleContext, parameter: string): string {
  const lengths: readonly Dimension[] = knownShape(emit, parameter);
  if (lengths.length === 0) return parameter;
  const rank = types[0]?.shape?.length ?? emit.typeOf(node.output[0] ?? '').shape?.length;
  if (rank === undefined) return emit.fail(`the number of axes of \`${inputs[0] ?? ''}\` is not known`, 'Run shape inference when exporting the model.');
  if (attributeInt(node, 'block_size', 0) !== 0) return emit.fail('its scales are per block', 'Quantise per tensor or per axis.');
  if (lengths.length !== 1) return emit.fail('its scales have several axes', 'Quantise per tensor or per axis.');
  if (lengths[0] === 1) return parameter;
  const axis = attributeInt(node, 'axis', 1);
  const behind = rank - 1 - (axis < 0 ? axis + rank : axis);
  return emit.op('Reshape', [parameter, emit.integers([-1, ...new Array<number>(behind).fill(1)])]);
}

/** The integer type that a QuantizeLinear rounds to. */
function quantisedType({ emit, node, inputs }: RuleContext): number {
  const declared = attributeInt(node, 'output_dtype', 0);
  if (declared !== 0) return declared;
  const [, , zeroPoint = ''] = inputs;
  return zeroPoint === '' ? ElementType.UINT8 : emit.typeOf(zeroPoint).elementType;
}

/** The zero point in the type of the scale. */
function floatZeroPoint(context: RuleContext): string | null {
  const { emit, inputs } = context;
  const [, scale = '', zeroPoint = ''] = inputs;
  return zeroPoint === '' ? null : castLike(emit, alongAxis(context, zeroPoint), scale);
}

function castLike(emit: Emitter, x: string, like: string): string {
  return emit.op('Cast', [x], [intAttribute('to', emit.typeOf(like).elementType)]);
}

/**
 * y = saturate(round(x / scale) + zero point). Straight-through estimator (Bengio et al. 2013, arXiv:1308.3432) within the range of the
 * integers, 0 outside; the edges, up to which values round to the last integer, belong to it.
 */
const quantize: GradientRule = (context) => {
  requireStraightThrough(context);
  const { emit, inputs, dy, types } = context;
  const [x = '', scale = ''] = inputs;
  const range = RANGES[quantisedType(context)];
  if (range === undefined) return emit.fail('it rounds to numbers that are no integers of 2, 4, 8 or 16 bits', 'Quantise to integers.');
  if (types[1]?.elementType !== types[0]?.elementType) return emit.fail('its scale has another type than its input', 'Use one floating-point type.');
  const step = alongAxis(context, scale);
  const zero = floatZeroPoint(context);
  const rounded = emit.op('Round', [emit.op('Div', [x, step])]);
  const level = zero === null ? rounded : emit.op('Add', [rounded, zero]);
  const [least, most] = range;
  const outside = emit.op('Or', [emit.op('Less', [level, emit.scalar(least, x)]), emit.op('Greater', [level, emit.scalar(most, x)])]);
  return [emit.op('Where', [outside, emit.scalar(0, x), emit.op('Div', [dy, step])]), ...inputs.slice(1).map(() => null)];
};

/** y = (x - zero point) * scale. */
const dequantize: GradientRule = (context) => {
  requireStraightThrough(context);
  const { emit, inputs, dy } = context;
  return [emit.op('Mul', [dy, alongAxis(context, inputs[1] ?? '')]), ...inputs.slice(1).map(() => null)];
};

/** What computes with integers is in floats by now where that can be. */
const integers: GradientRule = (context) => {
  requireStraightThrough(context);
  return context.emit.fail('it computes with integers in a form that floats have none for', 'Quantise to the format QDQ (`QuantFormat.QDQ`).');
};

const ROUNDING = { quantize: 'Inside the range of the integers as if nothing were rounded, outside 0.', dequantize: 'Scales per tensor or per axis.' };
const OPTION = 'With the straight-through option alone; else an error.';

/** Rounding to integers and back, which gradients pass only when the straight-through rule is asked for. */
export const QUANTIZATION: readonly RuleEntry[] = [
  ...['DequantizeLinear', 'com.microsoft.DequantizeLinear'].map((operator): RuleEntry =>
    ({ operator, opsets: [10, 26], rule: dequantize, notes: `${OPTION} ${ROUNDING.dequantize}` })),
  ...['QuantizeLinear', 'com.microsoft.QuantizeLinear'].map((operator): RuleEntry =>
    ({ operator, opsets: [10, 26], rule: quantize, notes: `${OPTION} ${ROUNDING.quantize}` })),
  ...Object.keys(QUANTIZED_PARTS).filter((operator) => operator.includes('Q')).map((operator): RuleEntry =>
    ({ operator, opsets: [10, 26], rule: integers, notes: `${OPTION} In floats, between DequantizeLinear and QuantizeLinear.` })),
];
