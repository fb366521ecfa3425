import { attributeInt, attributeString } from '../node/attributes.ts';
import { likeFirst, type ShapeRule } from './context.ts';
import { broadcastDimension, broadcastShapes } from './dimension.ts';
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

/** Reads the lengths off the letters of the equation; the axes of an ellipsis are counted from the right and broadcast. */
export const einsum: ShapeRule = (context) => {
  const [left = '', right] = attributeString(context.node, 'equation', '').replaceAll(' ', '').split('->');
  const lengths = new Map<string, Dimension>();
  let ellipsis: readonly Dimension[] | null = [];
  const meet = (letter: string, length: Dimension | undefined): void => {
    lengths.set(letter, broadcastDimension(lengths.get(letter) ?? 1, length ?? null));
  };
  for (const [i, term] of left.split(',').entries()) {
    const shape = context.inputs[i]?.shape;
    const [before = '', after] = term.split('...');
    if (!shape) return likeFirst(context, null);
    const hidden = after === undefined ? 0 : shape.length - before.length - after.length;
    for (const [axis, letter] of [...before].entries()) meet(letter, shape[axis]);
    for (const [axis, letter] of [...(after ?? '')].entries()) meet(letter, shape[before.length + hidden + axis]);
    ellipsis = broadcastShapes([ellipsis, shape.slice(before.length, before.length + hidden)]);
  }
  const letters = [...left.replaceAll(/[,.]/g, '')];
  const implicit = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort().join('');
  const [before = '', after = ''] = (right ?? `...${implicit}`).split('...');
  const named = (part: string): Dimension[] => [...part].map((letter) => lengths.get(letter) ?? null);
  const hidden = (right ?? '...').includes('...') ? (ellipsis ?? []) : [];
  return likeFirst(context, [...named(before), ...hidden, ...named(after)]);
};
