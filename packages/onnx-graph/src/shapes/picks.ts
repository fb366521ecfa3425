import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { attributeInt, attributeInts, hasAttribute } from '../node/attributes.ts';
import { inputNumbers, likeFirst, type ShapeRule } from './context.ts';
import { normalAxis } from './dimension.ts';
import type { Dimension } from './tensor-type.ts';

/** Slices of the first input, chosen by the index tuples along the last axis of the second. */
export const gatherND: ShapeRule = (context) => {
  const [x, indices] = context.inputs;
  const depth = indices?.shape?.at(-1);
  if (!x?.shape || !indices?.shape || typeof depth !== 'number') return likeFirst(context, null);
  return likeFirst(context, [...indices.shape.slice(0, -1), ...x.shape.slice(attributeInt(context.node, 'batch_dims', 0) + depth)]);
};

/** As many values as are kept; without an axis in one list. */
export const compress: ShapeRule = (context) => {
  const shape = context.inputs[0]?.shape;
  const kept = inputNumbers(context, 1)?.filter((flag) => flag !== 0).length ?? null;
  if (!hasAttribute(context.node, 'axis')) return likeFirst(context, [kept]);
  const at = shape ? normalAxis(attributeInt(context.node, 'axis', 0), shape.length) : 0;
  return likeFirst(context, shape?.map((length, axis) => (axis === at ? kept : length)) ?? null);
};

/** k values along one axis, and where they were. */
export const topK: ShapeRule = (context) => {
  const { node, inputs: [x] } = context;
  if (!x?.shape) return likeFirst(context, null);
  const at = normalAxis(attributeInt(node, 'axis', -1), x.shape.length);
  const count = attributeInt(node, 'k', null) ?? inputNumbers(context, 1)?.[0] ?? null;
  const shape = x.shape.map((length, axis): Dimension => (axis === at ? count : length));
  return [{ elementType: x.elementType, shape }, { elementType: ElementType.INT64, shape }];
};

/** The given lengths along the given axes. */
export const centreCropPad: ShapeRule = (context) => {
  const shape = context.inputs[0]?.shape;
  const axes = attributeInts(context.node, 'axes', null)?.map((axis) => normalAxis(axis, shape?.length ?? 0)) ?? shape?.map((_, axis) => axis) ?? [];
  const lengths = inputNumbers(context, 1);
  return likeFirst(context, shape?.map((length, axis) => (axes.includes(axis) ? (lengths?.[axes.indexOf(axis)] ?? null) : length)) ?? null);
};
