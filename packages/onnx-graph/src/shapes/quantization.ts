import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { attributeInt } from '../node/attributes.ts';
import { elementTypeOf, type ShapeRule } from './context.ts';

/** Integers in the shape of the input; of the zero point's type, else the declared one, else uint8. */
export const quantizeLinear: ShapeRule = (context) => {
  const { node, inputs } = context;
  const declared = attributeInt(node, 'output_dtype', ElementType.UNDEFINED) || ElementType.UINT8;
  return [{ elementType: inputs[2] ? elementTypeOf(context, 2) : declared, shape: inputs[0]?.shape ?? null }];
};

/** Floats of the scale's type in the shape of the input. */
export const dequantizeLinear: ShapeRule = (context) =>
  [{ elementType: attributeInt(context.node, 'output_dtype', ElementType.UNDEFINED) || elementTypeOf(context, 1), shape: context.inputs[0]?.shape ?? null }];
