import { attributeInt, attributeString } from '../node/attributes.ts';
import { elementTypeOf, type ShapeRule } from './context.ts';
import type { TensorType } from './tensor-type.ts';

/** Y [T, D, B, H] and the last states [D, B, H]; with `layout = 1` the batch comes first. */
export const recurrent: ShapeRule = (context) => {
  const { node, inputs: [x, , r] } = context;
  const elementType = elementTypeOf(context, 0);
  const unknown: TensorType = { elementType, shape: null };
  if (x?.shape?.length !== 3) return [unknown, unknown, unknown];
  const batchFirst = attributeInt(node, 'layout', 0) === 1;
  const [first = null, second = null] = x.shape;
  const [steps, batch] = batchFirst ? [second, first] : [first, second];
  const directions = attributeString(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
  const hidden = attributeInt(node, 'hidden_size', null) ?? r?.shape?.[2] ?? null;
  const last: TensorType = { elementType, shape: batchFirst ? [batch, directions, hidden] : [directions, batch, hidden] };
  return [{ elementType, shape: batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden] }, last, last];
};
