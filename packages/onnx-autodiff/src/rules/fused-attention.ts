import { attributeFloat, attributeInt, attributeInts, ElementType, intAttribute, intsAttribute } from '@pellucid/onnx-graph';
import { knownShape, squeeze, unsqueeze, type Emitter } from '../engine/emitter.ts';
import { attend, joinHeads, splitHeads, type ScoreSettings } from './attention.ts';
import type { Composition, CompositionSite } from './composition.ts';
import { lengthOf, positionsAlong } from './linear-maps.ts';

/** The part of an axis from one position to another. */
const cut = (emit: Emitter, x: string, axis: number, from: number, to: number): string =>
  emit.op('Slice', [x, emit.integers([from]), emit.integers([to]), emit.integers([axis])]);

function unaskedInputs(emit: Emitter, inputs: readonly string[], names: Readonly<Record<number, string>>): void {
  for (const [i, name] of Object.entries(names)) if ((inputs[Number(i)] ?? '') !== '') emit.fail(`its input \`${name}\` is used`);
}

/** What a mask of keys adds to the scores [B, H, L, S]: the filter value where it hides one. It tells keys, keys by query, or how many keys there are. */
function maskBias(emit: Emitter, mask: string, keys: string, { node }: Pick<CompositionSite, 'node'>, like: string): string {
  const shape = knownShape(emit, mask);
  const filter = emit.scalar(attributeFloat(node, 'mask_filter_value', -10_000), like);
  const hide = (hidden: string): string => emit.op('Where', [hidden, filter, emit.scalar(0, like)]);
  const isZero = (): string => emit.op('Equal', [emit.op('Cast', [mask], [intAttribute('to', ElementType.INT64)]), emit.integers([0])]);
  if (shape.length === 2) return hide(unsqueeze(emit, isZero(), [1, 2]));
  if (shape.length === 3) return hide(unsqueeze(emit, isZero(), [1]));
  if (shape.length === 4) return hide(isZero());
  if (shape[0] === null || shape[0] !== knownShape(emit, keys)[0]) return emit.fail('its mask is not known to give one number of keys per sample', 'Give a mask of shape [batch, keys].');
  const counts = emit.op('Reshape', [emit.op('Cast', [mask], [intAttribute('to', ElementType.INT64)]), emit.integers([-1, 1, 1, 1])]);
  return hide(emit.op('Not', [emit.op('Less', [positionsAlong(emit, keys, 2), counts])]));
}

/** The sum of what is added to the scores. */
const sumOf = (emit: Emitter, terms: readonly string[]): string | undefined =>
  terms.reduce<string | undefined>((sum, term) => (sum === undefined ? term : emit.op('Add', [sum, term])), undefined);

/** Past and present keys, or values, [B, H, S, D]. */
const append = (emit: Emitter, past: string, x: string): string => (past === '' ? x : emit.op('Concat', [past, x], [intAttribute('axis', 2)]));

interface Heads {
  readonly q: string;
  readonly k: string;
  readonly v: string;
}

/** Attention of heads under the settings that both operators share. */
function fusedAttend(emit: Emitter, { q, k, v }: Heads, size: number, bias: string | undefined, past: string, { node }: Pick<CompositionSite, 'node'>): string {
  const settings: ScoreSettings = {
    scale: attributeFloat(node, 'scale', 0) || 1 / Math.sqrt(size), bias, causal: attributeInt(node, 'unidirectional', 0) === 1,
    past: past === '' ? undefined : squeeze(emit, lengthOf(emit, past, 2), [0]),
  };
  return joinHeads(emit, attend(emit, q, k, v, settings));
}

/** Self-attention of optimisers: one product makes queries, keys and values; past keys and values are one tensor [2, B, H, P, D]. */
export const microsoftAttention: Composition = (emit, site) => {
  const { node, inputs, outputs } = site;
  const [x = '', w = '', b = '', mask = '', past = '', bias = ''] = inputs;
  unaskedInputs(emit, inputs, { 6: 'past_sequence_length' });
  if (attributeInt(node, 'do_rotary', 0) === 1) return emit.fail('it rotates its queries and keys');
  const heads = attributeInt(node, 'num_heads', 1);
  const width = Number(knownShape(emit, w)[1] ?? emit.fail('the size of its weights is not known'));
  const [qSize = width / 3, kSize = width / 3, vSize = width / 3] = attributeInts(node, 'qkv_hidden_sizes', []);
  const product = emit.op('MatMul', [x, w]);
  const all = b === '' ? product : emit.op('Add', [product, b]);
  const [q, own, ownValues] = [[0, qSize], [qSize, qSize + kSize], [qSize + kSize, qSize + kSize + vSize]]
    .map(([from = 0, to = 0]) => splitHeads(emit, cut(emit, all, 2, from, to), heads)) as [string, string, string];
  const pastOf = (part: number): string => (past === '' ? '' : squeeze(emit, cut(emit, past, 0, part, part + 1), [0]));
  const [pastKeys, pastValues] = [pastOf(0), pastOf(1)];
  const [k, v] = [append(emit, pastKeys, own), append(emit, pastValues, ownValues)];
  const added = sumOf(emit, [...(mask === '' ? [] : [maskBias(emit, mask, k, site, x)]), ...(bias === '' ? [] : [bias])]);
  const y = fusedAttend(emit, { q, k, v }, qSize / heads, added, pastKeys, site);
  const present = (): string => emit.op('Concat', [unsqueeze(emit, k, [0]), unsqueeze(emit, v, [0])], [intAttribute('axis', 0)]);
  return [y, (outputs[1] ?? '') === '' ? null : present()];
};

/** One of the tensors that are packed along the fourth axis of [B, L, H, parts, D], as heads [B, H, L, D]. */
const unpacked = (emit: Emitter, x: string, at: number): string =>
  emit.op('Transpose', [squeeze(emit, cut(emit, x, 3, at, at + 1), [3])], [intsAttribute('perm', [0, 2, 1, 3])]);

/** Queries, keys and values as heads: apart as [B, L, H D] or heads already, keys and values in one tensor, or all three. */
function headsOf(emit: Emitter, inputs: readonly string[], heads: number): Heads {
  const [q = '', k = '', v = '', b = ''] = inputs;
  const packs = knownShape(emit, q).length === 5 || (k !== '' && knownShape(emit, k).length === 5);
  if (packs && b !== '') return emit.fail('it adds a bias to packed keys', 'Give queries, keys and values apart.');
  if (knownShape(emit, q).length === 5) return { q: unpacked(emit, q, 0), k: unpacked(emit, q, 1), v: unpacked(emit, q, 2) };
  if (packs) return { q: splitHeads(emit, q, heads), k: unpacked(emit, k, 0), v: unpacked(emit, k, 1) };
  if (k === '' || v === '') return emit.fail('its keys and values are left out');
  let from = 0;
  const [queries, keys, values] = [q, k, v].map((x) => {
    const shape = knownShape(emit, x);
    if (shape.length === 4 || b === '') return splitHeads(emit, x, heads);
    const size = Number(shape[2] ?? emit.fail('its number of channels is not known'));
    from += size;
    return splitHeads(emit, emit.op('Add', [x, cut(emit, b, 0, from - size, from)]), heads);
  }) as [string, string, string];
  return { q: queries, k: keys, v: values };
}

/** Attention over queries, keys and values, past ones in front, as heads or to be parted into heads. */
export const multiHeadAttention: Composition = (emit, site) => {
  const { node, inputs, outputs } = site;
  const [q = '', , , , mask = '', bias = '', pastKeys = '', pastValues = ''] = inputs;
  unaskedInputs(emit, inputs, { 8: 'past_sequence_length', 9: 'cache_indirection' });
  const heads = attributeInt(node, 'num_heads', 1);
  const own = headsOf(emit, inputs, heads);
  const size = knownShape(emit, q).length === 3 ? Number(knownShape(emit, q)[2]) / heads : Number(knownShape(emit, q).at(-1));
  if (!Number.isFinite(size)) return emit.fail('the size of its heads is not known');
  const [k, v] = [append(emit, pastKeys, own.k), append(emit, pastValues, own.v)];
  const added = sumOf(emit, [...(mask === '' ? [] : [maskBias(emit, mask, k, site, q)]), ...(bias === '' ? [] : [bias])]);
  return [fusedAttend(emit, { q: own.q, k, v }, size, added, pastKeys, site), (outputs[1] ?? '') === '' ? null : k, (outputs[2] ?? '') === '' ? null : v];
};
