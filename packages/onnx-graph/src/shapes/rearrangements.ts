import { attributeInt, attributeInts } from '../node/attributes.ts';
import { inputValues, likeFirst, listOf, type ShapeContext, type ShapeRule } from './context.ts';
import { divideDimensions, multiplyDimensions, normalAxis } from './dimension.ts';
import { pickValues } from './pick-values.ts';
import type { Dimension, TensorType } from './tensor-type.ts';

/** The same contents in another shape. */
function reshaped({ inputs: [x] }: ShapeContext, shape: readonly Dimension[] | null): readonly TensorType[] {
  return x ? [{ elementType: x.elementType, shape, values: x.values }] : [];
}

/** Resolves 0 (keep) and -1 (the rest), also when axes are free. */
export const reshape: ShapeRule = (context) => {
  const { node, inputs: [x, target] } = context;
  const wanted = attributeInts(node, 'shape', null) ?? inputValues(context, 1);
  if (!wanted) {
    const rank = target?.shape?.[0];
    return reshaped(context, typeof rank === 'number' ? Array.from({ length: rank }, () => null) : null);
  }
  const keepZero = attributeInt(node, 'allowzero', 0) === 1;
  const kept = wanted.map((length, axis): Dimension => (length === 0 && !keepZero ? (x?.shape?.[axis] ?? null) : length));
  const rest = kept.indexOf(-1);
  if (rest < 0) return reshaped(context, kept);
  const total = x?.shape ? multiplyDimensions(x.shape) : null;
  const others = multiplyDimensions(kept.filter((_, axis) => axis !== rest));
  return reshaped(context, kept.map((length, axis) => (axis === rest ? divideDimensions(total, others) : length)));
};

/** Two axes: those before `axis`, and the rest. */
export const flatten: ShapeRule = (context) => {
  const shape = context.inputs[0]?.shape;
  if (!shape) return reshaped(context, [null, null]);
  const axis = normalAxis(attributeInt(context.node, 'axis', 1), shape.length);
  return reshaped(context, [multiplyDimensions(shape.slice(0, axis)), multiplyDimensions(shape.slice(axis))]);
};

/** Permuted axes; reversed when no order is given. */
export const transpose: ShapeRule = (context) => {
  const shape = context.inputs[0]?.shape;
  if (!shape) return likeFirst(context, null);
  const order = attributeInts(context.node, 'perm', shape.map((_, axis) => shape.length - 1 - axis));
  const permuted = order.map((axis) => shape[axis] ?? null);
  const values = pickValues(context.inputs[0], permuted, (position) => shape.map((_, axis) => position[order.indexOf(axis)] ?? 0));
  return likeFirst(context, permuted).map((type) => ({ ...type, values }));
};

/** Drops axes of length 1. */
export const squeeze: ShapeRule = (context) => {
  const shape = context.inputs[0]?.shape;
  const axes = listOf(context, 'axes', 1);
  if (!shape || axes === null) return reshaped(context, null);
  if (axes === undefined) return reshaped(context, shape.every((length) => typeof length === 'number') ? shape.filter((length) => length !== 1) : null);
  const dropped = axes.map((axis) => normalAxis(axis, shape.length));
  return reshaped(context, shape.filter((_, axis) => !dropped.includes(axis)));
};

/** Inserts axes of length 1 at positions of the result. */
export const unsqueeze: ShapeRule = (context) => {
  const shape = context.inputs[0]?.shape;
  const axes = listOf(context, 'axes', 1);
  if (!shape || !axes) return reshaped(context, null);
  const rank = shape.length + axes.length;
  const inserted = new Set(axes.map((axis) => normalAxis(axis, rank)));
  const lengths = [...shape];
  return reshaped(context, Array.from({ length: rank }, (_, axis) => (inserted.has(axis) ? 1 : (lengths.shift() ?? null))));
};

/** [N, C / b^2, H * b, W * b] */
export const depthToSpace: ShapeRule = (context) => {
  const [n = null, c = null, ...spatial] = context.inputs[0]?.shape ?? [];
  const block = attributeInt(context.node, 'blocksize', 1);
  return likeFirst(context, [n, divideDimensions(c, block * block), ...spatial.map((length) => multiplyDimensions([length, block]))]);
};

/** [N, C * b^2, H / b, W / b] */
export const spaceToDepth: ShapeRule = (context) => {
  const [n = null, c = null, ...spatial] = context.inputs[0]?.shape ?? [];
  const block = attributeInt(context.node, 'blocksize', 1);
  return likeFirst(context, [n, multiplyDimensions([c, block * block]), ...spatial.map((length) => divideDimensions(length, block))]);
};
