import { attributeFloat, attributeInt, ElementType, intAttribute, intsAttribute } from '@pellucid/onnx-graph';
import { knownShape, squeeze, unsqueeze, type Emitter } from '../engine/emitter.ts';
import type { Composition, CompositionSite } from './composition.ts';
import { lengthOf, positionsAlong } from './linear-maps.ts';

const transpose = (emit: Emitter, x: string, order: readonly number[]): string => emit.op('Transpose', [x], [intsAttribute('perm', order)]);

/** [B, L, H D] as [B, H, L, D]; a tensor of four axes stays. */
export function splitHeads(emit: Emitter, x: string, heads: number): string {
  if (knownShape(emit, x).length === 4) return x;
  return transpose(emit, emit.op('Reshape', [x, emit.integers([0, 0, heads, -1])]), [0, 2, 1, 3]);
}

/** [B, H, L, D] as [B, L, H D]. */
export function joinHeads(emit: Emitter, x: string): string {
  return emit.op('Reshape', [transpose(emit, x, [0, 2, 1, 3]), emit.integers([0, 0, -1])]);
}

/** Each head of keys or values for as many heads of queries as share it. */
function shareHeads(emit: Emitter, x: string, heads: number): string {
  const own = knownShape(emit, x)[1];
  if (typeof own !== 'number') return emit.fail('its number of heads is not known');
  if (own === heads) return x;
  const each = Array.from({ length: heads }, (_, i) => Math.floor(i * own / heads));
  return emit.op('Gather', [x, emit.integers(each)], [intAttribute('axis', 1)]);
}

/** How scores are scaled, bounded and masked before the softmax. */
export interface ScoreSettings {
  readonly scale: number;
  readonly softcap?: number | undefined;
  /** Added to the scores. */
  readonly bias?: string | undefined;
  /** Queries see the keys up to their own position, counted from `past`: a length, for all or per sample [B, 1, 1, 1], or 0. */
  readonly causal?: boolean | undefined;
  readonly past?: string | undefined;
}

const multiply = (emit: Emitter, x: string, factor: number): string => (factor === 1 ? x : emit.op('Mul', [x, emit.scalar(factor, x)]));

/** The lowest number of single precision stands for minus infinity, which has no place in sums with zeros. */
function causalBias(emit: Emitter, scores: string, past: string | undefined): string {
  const rank = knownShape(emit, scores).length;
  const rows = positionsAlong(emit, scores, rank - 2);
  const own = unsqueeze(emit, rows, [1]);
  const queries = past === undefined ? own : emit.op('Add', [own, past]);
  const keys = unsqueeze(emit, positionsAlong(emit, scores, rank - 1), [0]);
  return hideWhere(emit, emit.op('Less', [queries, keys]), scores);
}

function hideWhere(emit: Emitter, hidden: string, like: string): string {
  return emit.op('Where', [hidden, emit.scalar(-3.4e38, like), emit.scalar(0, like)]);
}

/** softmax(scale q k^T + bias) v for heads [B, H, L, D]: scaled dot-product attention (Vaswani et al. 2017). */
export function attend(emit: Emitter, q: string, k: string, v: string, settings: ScoreSettings): string {
  const { scale, softcap = 0, bias, causal = false, past } = settings;
  let scores = multiply(emit, emit.op('MatMul', [q, transpose(emit, k, [0, 1, 3, 2])]), scale);
  if (softcap > 0) {
    const bounded = emit.op('Tanh', [emit.op('Mul', [scores, emit.scalar(1 / softcap, q)])]);
    scores = emit.op('Mul', [bounded, emit.scalar(softcap, q)]);
  }
  if (causal) scores = emit.op('Add', [scores, causalBias(emit, scores, past)]);
  if (bias !== undefined) scores = emit.op('Add', [scores, bias]);
  return emit.op('MatMul', [emit.op('Softmax', [scores], [intAttribute('axis', 3)]), v]);
}

/** A mask that adds to scores; a Boolean one tells what may be seen. */
function biasOf(emit: Emitter, mask: string, like: string): string | undefined {
  if (mask === '') return undefined;
  if (emit.typeOf(mask).elementType !== Number(ElementType.BOOL)) return mask;
  return hideWhere(emit, emit.op('Not', [mask]), like);
}

/** Hides the keys from the number on that `valid` [B] gives for each sample. */
function beyond(emit: Emitter, valid: string, keys: string, like: string): string {
  const counts = emit.op('Reshape', [valid, emit.integers([-1, 1, 1, 1])]);
  return hideWhere(emit, emit.op('Not', [emit.op('Less', [positionsAlong(emit, keys, 2), counts])]), like);
}

/** How many keys come before those of the first query: the past ones, or all valid ones but the last queries' own. */
function pastLength(emit: Emitter, pastKey: string, valid: string, queries: string): string | undefined {
  if (pastKey !== '') return squeeze(emit, lengthOf(emit, pastKey, 2), [0]);
  return valid === '' ? undefined : emit.op('Sub', [emit.op('Reshape', [valid, emit.integers([-1, 1, 1, 1])]), lengthOf(emit, queries, 2)]);
}

/** 0 for queries in front of every valid key, which see none, else 1. */
function seesAny(emit: Emitter, queries: string, past: string): string {
  const positions = emit.op('Add', [unsqueeze(emit, positionsAlong(emit, queries, 2), [1]), past]);
  return emit.op('Cast', [emit.op('Not', [emit.op('Less', [positions, emit.integers([0])])])], [intAttribute('to', emit.typeOf(queries).elementType)]);
}

/** The Attention of operator set 23: grouped heads, past keys and values, masks, soft caps. */
export const attention: Composition = (emit, { node, inputs, outputs }: CompositionSite) => {
  const [q = '', k = '', v = '', mask = '', pastKey = '', pastValue = '', valid = ''] = inputs;
  const joined = knownShape(emit, q).length === 3;
  const heads = joined ? attributeInt(node, 'q_num_heads', 1) : Number(knownShape(emit, q)[1] ?? emit.fail('its number of heads is not known'));
  const shared = attributeInt(node, 'kv_num_heads', heads);
  const queries = splitHeads(emit, q, heads);
  const append = (past: string, x: string): string => (past === '' ? x : emit.op('Concat', [past, x], [intAttribute('axis', 2)]));
  const keys = append(pastKey, splitHeads(emit, k, shared));
  const values = append(pastValue, splitHeads(emit, v, shared));
  const size = knownShape(emit, queries)[3];
  const width = typeof size === 'number' ? size : Number(knownShape(emit, q).at(-1)) / heads;
  if (!Number.isFinite(width)) return emit.fail('the size of its heads is not known');
  const bias = [biasOf(emit, mask, q), valid === '' ? undefined : beyond(emit, valid, keys, q)].filter((term) => term !== undefined);
  const causal = attributeInt(node, 'is_causal', 0) === 1;
  const past = pastLength(emit, pastKey, valid, queries);
  const scale = attributeFloat(node, 'scale', 1 / Math.sqrt(width));
  // Queries and keys share the factor, as the operator's definition has it and exporters write it: where a rule takes the scale of products into account, it matters.
  const root = scale > 0 ? Math.sqrt(scale) : 1;
  const [scaledQueries, scaledKeys] = [queries, shareHeads(emit, keys, heads)].map((x) => multiply(emit, x, root)) as [string, string];
  const attended = attend(emit, scaledQueries, scaledKeys, shareHeads(emit, values, heads), {
    scale: scale > 0 ? 1 : scale, softcap: attributeFloat(node, 'softcap', 0),
    bias: bias.length === 2 ? emit.op('Add', bias) : bias[0], causal, past,
  });
  const y = causal && valid !== '' ? emit.op('Mul', [attended, seesAny(emit, queries, past ?? '')]) : attended;
  return [joined ? joinHeads(emit, y) : y, outputs[1] ? keys : null, outputs[2] ? values : null];
};
