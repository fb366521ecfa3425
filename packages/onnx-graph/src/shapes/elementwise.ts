import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { attributeInt } from '../node/attributes.ts';
import { elementTypeOf, inputValues, MOST_VALUES, type ShapeContext, type ShapeRule } from './context.ts';
import { broadcastShapes, concreteShape, divideDimensions, multiplyDimensions } from './dimension.ts';
import type { Dimension, TensorType } from './tensor-type.ts';

/** All outputs as the first input: activations, normalisations over unchanged axes. */
export const sameAsFirst: ShapeRule = ({ inputs: [x] }) => (x ? [{ elementType: x.elementType, shape: x.shape }] : []);

/** The shape of the first input, with the element type that the node names, if any. */
export const eyeLike: ShapeRule = ({ node, inputs: [x] }) => (x ? [{ elementType: attributeInt(node, 'dtype', x.elementType), shape: x.shape }] : []);

/** The result and, as the fourth output, the sum that was normalised. */
export const skipNormalization: ShapeRule = ({ inputs: [x] }) => {
  const unknown: TensorType = { elementType: 0, shape: null };
  return x ? [{ elementType: x.elementType, shape: x.shape }, unknown, unknown, { elementType: x.elementType, shape: x.shape }] : [];
};

/** The value itself passes through. */
export const identity: ShapeRule = ({ inputs: [x] }) => (x ? [x] : []);

/** Dropout passes its input on; its second output is the mask. */
export const dropout: ShapeRule = ({ inputs: [x] }) => (x ? [x, { elementType: ElementType.BOOL, shape: x.shape }] : []);

/** The shape of the first input with a Boolean element type. */
export const predicate: ShapeRule = ({ inputs: [x] }) => (x ? [{ elementType: ElementType.BOOL, shape: x.shape }] : []);

/** Conversion to the type named by the attribute `to`; integers and floats keep their known values. */
export const cast: ShapeRule = ({ node, inputs: [x] }) => {
  const elementType = attributeInt(node, 'to', 0);
  if (!x) return [];
  const truncates = elementType === Number(ElementType.INT64) || elementType === Number(ElementType.INT32);
  const values = x.values?.map((value) => (typeof value === 'number' && truncates ? Math.trunc(value) : value));
  return [{ elementType, shape: x.shape, values: elementType === Number(ElementType.BOOL) ? undefined : values }];
};

/** Takes the element type of the second input. */
export const castLike: ShapeRule = (context) => {
  const [x] = context.inputs;
  return x ? [{ elementType: elementTypeOf(context, 1), shape: x.shape, values: x.values }] : [];
};

/** Position in a broadcast operand for each position of the result. */
function broadcastIndex(shape: readonly number[], result: readonly number[]): (flat: number) => number {
  const offset = result.length - shape.length;
  return (flat) => {
    let rest = flat;
    let index = 0;
    let stride = 1;
    for (let axis = result.length - 1; axis >= 0; axis--) {
      const position = rest % result[axis]!;
      rest = Math.floor(rest / result[axis]!);
      const length = shape[axis - offset] ?? 1;
      if (length > 1) index += position * stride;
      stride *= length;
    }
    return index;
  };
}

function elementwiseValues(
  context: ShapeContext, shape: readonly Dimension[] | null, combine: (operands: readonly Dimension[]) => Dimension,
): readonly Dimension[] | undefined {
  const lengths = concreteShape(shape);
  if (!lengths) return undefined;
  const size = lengths.reduce((product, length) => product * length, 1);
  if (size > MOST_VALUES) return undefined;
  const operands: ((flat: number) => Dimension)[] = [];
  for (const [i, input] of context.inputs.entries()) {
    const known = inputValues(context, i);
    const own = concreteShape(input?.shape);
    if (!known || !own) return undefined;
    const at = broadcastIndex(own, lengths);
    operands.push((flat) => known[at(flat)] ?? null);
  }
  return Array.from({ length: size }, (_, flat) => combine(operands.map((read) => read(flat))));
}

/** Operands broadcast against each other; known contents are computed. */
function broadcasting(combine: (operands: readonly Dimension[], integers: boolean) => Dimension, elementType?: number): ShapeRule {
  return (context) => {
    const shape = broadcastShapes(context.inputs.map((input) => input?.shape));
    const type = elementTypeOf(context, 0);
    const integers = type !== Number(ElementType.FLOAT) && type !== Number(ElementType.DOUBLE) && type !== Number(ElementType.FLOAT16);
    return [{ elementType: elementType ?? type, shape, values: elementwiseValues(context, shape, (operands) => combine(operands, integers)) }];
  };
}

const onNumbers = (compute: (a: number, b: number) => number) => ([a, b]: readonly Dimension[]): Dimension =>
  (typeof a === 'number' && typeof b === 'number' ? compute(a, b) : null);

const sum = onNumbers((a, b) => a + b);
const difference = onNumbers((a, b) => a - b);

/** Broadcasting arithmetic, also on the symbols of free axes. */
export const arithmetic: Readonly<Record<string, ShapeRule>> = {
  Add: broadcasting(([a = null, b = null]) => (a === 0 ? b : b === 0 ? a : sum([a, b]))),
  Sub: broadcasting(([a = null, b = null]) => (b === 0 ? a : a !== null && a === b ? 0 : difference([a, b]))),
  Mul: broadcasting((operands) => (operands.every((value) => typeof value === 'number') ? onNumbers((a, b) => a * b)(operands) : multiplyDimensions(operands))),
  Div: broadcasting(([a = null, b = null], integers) => {
    if (typeof a === 'number' && typeof b === 'number') return b === 0 && integers ? null : integers ? Math.trunc(a / b) : a / b;
    return divideDimensions(a, b);
  }),
  Mod: broadcasting(onNumbers((a, b) => (b === 0 ? Number.NaN : a - Math.floor(a / b) * b))),
  Pow: broadcasting(onNumbers((a, b) => a ** b)),
  Max: broadcasting((operands) => (operands.every((value) => typeof value === 'number') ? Math.max(...operands) : null)),
  Min: broadcasting((operands) => (operands.every((value) => typeof value === 'number') ? Math.min(...operands) : null)),
  Sum: broadcasting((operands) => (operands.every((value) => typeof value === 'number') ? operands.reduce((a, b) => a + b, 0) : null)),
  Mean: broadcasting(() => null),
  Equal: broadcasting(([a = null, b = null]) => (a === null || b === null ? null : Number(a === b)), ElementType.BOOL),
  Greater: broadcasting(onNumbers((a, b) => Number(a > b)), ElementType.BOOL),
  GreaterOrEqual: broadcasting(onNumbers((a, b) => Number(a >= b)), ElementType.BOOL),
  Less: broadcasting(onNumbers((a, b) => Number(a < b)), ElementType.BOOL),
  LessOrEqual: broadcasting(onNumbers((a, b) => Number(a <= b)), ElementType.BOOL),
  And: broadcasting(onNumbers((a, b) => Number(a !== 0 && b !== 0)), ElementType.BOOL),
  Or: broadcasting(onNumbers((a, b) => Number(a !== 0 || b !== 0)), ElementType.BOOL),
  Xor: broadcasting(onNumbers((a, b) => Number((a !== 0) !== (b !== 0))), ElementType.BOOL),
};

/** Unary arithmetic with known contents. */
function mapping(compute: (value: number) => number): ShapeRule {
  return ({ inputs: [x] }) => (x ? [{ ...x, values: x.values?.map((value) => (typeof value === 'number' ? compute(value) : null)) }] : []);
}

/** Unary operators that exporters use in shape arithmetic. */
export const unary: Readonly<Record<string, ShapeRule>> = {
  Abs: mapping(Math.abs), Ceil: mapping(Math.ceil), Floor: mapping(Math.floor), Neg: mapping((value) => -value), Sqrt: mapping(Math.sqrt),
  Not: mapping((value) => Number(value === 0)), Reciprocal: mapping((value) => 1 / value),
};

/** Chooses between two tensors. */
export const where: ShapeRule = (context) => {
  const shape = broadcastShapes(context.inputs.map((input) => input?.shape));
  const values = elementwiseValues(context, shape, ([condition, a = null, b = null]) => {
    if (typeof condition !== 'number') return a === b ? a : null;
    return condition === 0 ? b : a;
  });
  const result: TensorType = { elementType: elementTypeOf(context, 1) || elementTypeOf(context, 2), shape, values };
  return [result];
};
