import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { attributeInt } from '../node/attributes.ts';
import { elementTypeOf, listOf, type ShapeContext, type ShapeRule } from './context.ts';
import { multiplyDimensions, normalAxis } from './dimension.ts';

/** Axes that a Reduce operator takes away; `null` when they are not known at build time. */
export function reducedAxes(context: ShapeContext, rank: number): readonly number[] | null {
  const axes = listOf(context, 'axes', 1);
  if (axes === null) return null;
  if (axes === undefined || axes.length === 0) {
    return attributeInt(context.node, 'noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, axis) => axis);
  }
  return axes.map((axis) => normalAxis(axis, rank)).sort((a, b) => a - b);
}

/** The reduced axes get length 1, or go away without `keepdims`. */
export const reduce: ShapeRule = (context) => {
  const shape = context.inputs[0]?.shape;
  const elementType = elementTypeOf(context, 0);
  const keep = attributeInt(context.node, 'keepdims', 1) === 1;
  const axes = shape ? reducedAxes(context, shape.length) : null;
  if (!shape || !axes) return [{ elementType, shape: shape && keep ? shape.map(() => null) : null }];
  const reduced = keep
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis));
  const known = context.inputs[0]?.values;
  const isProduct = context.node.opType === 'ReduceProd' && known && axes.length === shape.length;
  return [{ elementType, shape: reduced, values: isProduct ? [multiplyDimensions(known)] : undefined }];
};

/** One axis becomes the position of its extremum. */
export const argExtremum: ShapeRule = ({ node, inputs: [x] }) => {
  if (!x?.shape) return [{ elementType: ElementType.INT64, shape: null }];
  const at = normalAxis(attributeInt(node, 'axis', 0), x.shape.length);
  const keep = attributeInt(node, 'keepdims', 1) === 1;
  const shape = keep ? x.shape.map((length, axis) => (axis === at ? 1 : length)) : x.shape.filter((_, axis) => axis !== at);
  return [{ elementType: ElementType.INT64, shape }];
};
