import { attributeInt, attributeInts } from '../node/attributes.ts';
import { likeFirst, type ShapeContext, type ShapeRule } from './context.ts';
import { divideDimensions, multiplyDimensions } from './dimension.ts';
import { matMul } from './products.ts';
import type { Dimension } from './tensor-type.ts';

/** [B, H, L, Dv], or [B, L, H Dv] where queries have three axes; then the keys and values, past ones in front. */
export const attention: ShapeRule = (context) => {
  const { node, inputs: [q, , v] } = context;
  if (!q?.shape || !v?.shape) return likeFirst(context, null);
  if (q.shape.length === 4) return likeFirst(context, [...q.shape.slice(0, 3), v.shape[3] ?? null]);
  const size = divideDimensions(v.shape[2] ?? null, attributeInt(node, 'kv_num_heads', 1));
  return likeFirst(context, [...q.shape.slice(0, 2), multiplyDimensions([size, attributeInt(node, 'q_num_heads', 1)])]);
};

/** [B, L, Dv] from the weights of all three projections. */
export const packedAttention: ShapeRule = (context) => {
  const { node, inputs: [x, w] } = context;
  const sizes = attributeInts(node, 'qkv_hidden_sizes', null);
  if (!x?.shape) return likeFirst(context, null);
  return likeFirst(context, [...x.shape.slice(0, 2), sizes?.[2] ?? divideDimensions(w?.shape?.[1] ?? null, 3)]);
};

/** [B, L, H Dv], where values are [B, S, H Dv] or [B, H, S, Dv], or packed with the keys or all in one: [B, L, H, parts, D]. */
export const multiHeadAttention: ShapeRule = (context) => {
  const { node, inputs: [q, k, v] } = context;
  const heads = attributeInt(node, 'num_heads', 1);
  const joined = (width: Dimension | undefined): Dimension => multiplyDimensions([width ?? null, heads]);
  if (q?.shape?.length === 5) return likeFirst(context, [...q.shape.slice(0, 2), joined(q.shape[4])]);
  if (q?.shape?.length !== 3) return likeFirst(context, null);
  if (k?.shape?.length === 5) return likeFirst(context, [...q.shape.slice(0, 2), joined(k.shape[4])]);
  if (!v?.shape) return likeFirst(context, null);
  return likeFirst(context, [...q.shape.slice(0, 2), v.shape.length === 4 ? joined(v.shape[3]) : (v.shape.at(-1) ?? null)]);
};

const swapped = (shape: readonly Dimension[]): Dimension[] => [...shape.slice(0, -2), ...shape.slice(-2).reverse()];

/** As MatMul, of operands that may be transposed. */
export const fusedMatMul: ShapeRule = (context) => {
  const inputs = context.inputs.map((input, i): ShapeContext['inputs'][number] => {
    const turns = attributeInt(context.node, i === 0 ? 'transA' : 'transB', 0) === 1;
    return input?.shape && turns ? { ...input, shape: swapped(input.shape) } : input;
  });
  return matMul({ ...context, inputs });
};
