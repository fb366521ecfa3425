import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { attributeInt } from '../node/attributes.ts';
import { elementTypeOf, type ShapeRule } from './context.ts';
import { broadcastShapes } from './dimension.ts';
import { concat } from './selections.ts';

/** Integers in the shape of the input; of the zero point's type, else the declared one, else uint8. */
export const quantizeLinear: ShapeRule = (context) => {
  const { node, inputs } = context;
  const declared = attributeInt(node, 'output_dtype', ElementType.UNDEFINED) || ElementType.UINT8;
  return [{ elementType: inputs[2] ? elementTypeOf(context, 2) : declared, shape: inputs[0]?.shape ?? null }];
};

/** Floats of the scale's type in the shape of the input. */
export const dequantizeLinear: ShapeRule = (context) =>
  [{ elementType: attributeInt(context.node, 'output_dtype', ElementType.UNDEFINED) || elementTypeOf(context, 1), shape: context.inputs[0]?.shape ?? null }];

/** Integers of 8 bits in the shape of the input, with the scale and the zero point that they need. */
export const dynamicQuantizeLinear: ShapeRule = ({ inputs: [x] }) => [
  { elementType: ElementType.UINT8, shape: x?.shape ?? null }, { elementType: ElementType.FLOAT, shape: [] }, { elementType: ElementType.UINT8, shape: [] },
];

/** The shape that operands broadcast to. */
export const broadcastOperands: ShapeRule = ({ inputs }) => [{ elementType: 0, shape: broadcastShapes(inputs.map((input) => input?.shape)) }];

/** What an operator gives that computes as another one, on integers; their type is that of a zero point, or else `otherwise`. */
export function quantized(rule: ShapeRule, operands: readonly number[], zeroPoint: number, otherwise?: ElementType): ShapeRule {
  return (context) => {
    const elementType = elementTypeOf(context, zeroPoint) || (otherwise ?? elementTypeOf(context, operands[0] ?? 0));
    return rule({ ...context, inputs: operands.map((i) => context.inputs[i]) }).map(({ shape }) => ({ elementType, shape }));
  };
}

/** Parts behind each other: a scale and a zero point for all, then three inputs per part. */
export const quantizedConcat: ShapeRule = (context) =>
  concat({ ...context, inputs: context.inputs.filter((_, i) => i % 3 === 2) }).map(({ shape }) => ({ elementType: elementTypeOf(context, 1) || elementTypeOf(context, 2), shape }));

/** Sums of products of integers. */
export function integerSums(rule: ShapeRule): ShapeRule {
  return (context) => rule(context).map(({ shape }) => ({ elementType: ElementType.INT32, shape }));
}
