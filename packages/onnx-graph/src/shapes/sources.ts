import { TensorProto_DataType as ElementType, type TensorProto } from 'onnx-buf';
import { attributeFloat, attributeInt, attributeInts, attributeTensor, hasAttribute } from '../node/attributes.ts';
import { tensorShape } from '../tensor/check-tensor.ts';
import { isNumeric, tensorValues } from '../tensor/tensor-values.ts';
import { inputNumbers, inputValues, MOST_VALUES, elementTypeOf, type ShapeRule } from './context.ts';
import { concreteShape, multiplyDimensions, normalAxis } from './dimension.ts';
import type { TensorType } from './tensor-type.ts';

/** Type of a stored tensor, with its contents when short. */
export function constantType(tensor: TensorProto): TensorType {
  const shape = tensorShape(tensor);
  const size = shape.reduce((product, length) => product * length, 1);
  const values = size <= MOST_VALUES && isNumeric(tensor.dataType) ? Array.from(tensorValues(tensor)) : undefined;
  return { elementType: tensor.dataType, shape, values };
}

/** A tensor kept in the node. */
export const constant: ShapeRule = ({ node }) => {
  const tensor = attributeTensor(node, 'value');
  if (tensor) return [constantType(tensor)];
  if (hasAttribute(node, 'value_int')) return [{ elementType: ElementType.INT64, shape: [], values: [attributeInt(node, 'value_int', 0)] }];
  if (hasAttribute(node, 'value_float')) return [{ elementType: ElementType.FLOAT, shape: [], values: [attributeFloat(node, 'value_float', 0)] }];
  const ints = attributeInts(node, 'value_ints', null);
  if (ints) return [{ elementType: ElementType.INT64, shape: [ints.length], values: ints }];
  const floats = node.attribute.find(({ name }) => name === 'value_floats')?.floats;
  return floats ? [{ elementType: ElementType.FLOAT, shape: [floats.length], values: floats }] : [];
};

/** One value everywhere. */
export const constantOfShape: ShapeRule = (context) => {
  const tensor = attributeTensor(context.node, 'value');
  const shape = inputValues(context, 0);
  const size = concreteShape(shape)?.reduce((product, length) => product * length, 1) ?? Infinity;
  const value = tensor && isNumeric(tensor.dataType) ? (tensorValues(tensor)[0] ?? 0) : 0;
  const values = size <= MOST_VALUES ? Array.from({ length: size }, () => value) : undefined;
  return [{ elementType: tensor?.dataType ?? ElementType.FLOAT, shape, values }];
};

/** The lengths of the axes, free ones as symbols. */
export const shapeOf: ShapeRule = ({ node, inputs: [x] }) => {
  if (!x?.shape) return [{ elementType: ElementType.INT64, shape: [null] }];
  const rank = x.shape.length;
  const from = Math.max(0, normalAxis(attributeInt(node, 'start', 0), rank));
  const values = x.shape.slice(from, normalAxis(attributeInt(node, 'end', rank), rank));
  return [{ elementType: ElementType.INT64, shape: [values.length], values }];
};

/** Number of elements. */
export const sizeOfTensor: ShapeRule = ({ inputs: [x] }) =>
  [{ elementType: ElementType.INT64, shape: [], values: x?.shape ? [multiplyDimensions(x.shape)] : undefined }];

/** Numbers from start to limit. */
export const range: ShapeRule = (context) => {
  const elementType = elementTypeOf(context, 0);
  const bounds = [0, 1, 2].map((i) => inputNumbers(context, i)?.[0]);
  const [start, limit, delta] = bounds;
  if (start === undefined || limit === undefined || delta === undefined) return [{ elementType, shape: [null] }];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  const values = count <= MOST_VALUES ? Array.from({ length: count }, (_, i) => start + i * delta) : undefined;
  return [{ elementType, shape: [count], values }];
};
