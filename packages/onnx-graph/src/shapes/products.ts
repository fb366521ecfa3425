import { attributeInt, attributeString } from '../node/attributes.ts';
import { likeFirst, type ShapeRule } from './context.ts';
import { broadcastShapes } from './dimension.ts';
import type { Dimension } from './tensor-type.ts';

/** [M, N] */
export const gemm: ShapeRule = (context) => {
  const { node, inputs: [a, b] } = context;
  if (a?.shape?.length !== 2 || b?.shape?.length !== 2) return likeFirst(context, null);
  const rows = a.shape[attributeInt(node, 'transA', 0) === 1 ? 1 : 0] ?? null;
  const columns = b.shape[attributeInt(node, 'transB', 0) === 1 ? 0 : 1] ?? null;
  return likeFirst(context, [rows, columns]);
};

/** As NumPy's matmul: leading axes broadcast, an operand with one axis is a vector. */
export const matMul: ShapeRule = (context) => {
  const [a, b] = context.inputs.map((input) => input?.shape);
  if (!a || !b || a.length === 0 || b.length === 0) return likeFirst(context, null);
  const batch = broadcastShapes([a.slice(0, -2), b.slice(0, -2)]);
  if (!batch) return likeFirst(context, null);
  const rows = a.length > 1 ? [a[a.length - 2] ?? null] : [];
  const columns = b.length > 1 ? [b[b.length - 1] ?? null] : [];
  return likeFirst(context, [...batch, ...rows, ...columns]);
};

/** Reads the lengths off the letters of the equation; an ellipsis stays unknown. */
export const einsum: ShapeRule = (context) => {
  const equation = attributeString(context.node, 'equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  if (equation.includes('.')) return likeFirst(context, null);
  const lengths = new Map<string, Dimension>();
  for (const [i, term] of left.split(',').entries()) {
    const shape = context.inputs[i]?.shape;
    if (shape?.length === term.length) for (const [axis, letter] of [...term].entries()) lengths.set(letter, shape[axis] ?? null);
  }
  const letters = [...left.replaceAll(',', '')];
  const implicit = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort().join('');
  return likeFirst(context, [...(right ?? implicit)].map((letter) => lengths.get(letter) ?? null));
};
