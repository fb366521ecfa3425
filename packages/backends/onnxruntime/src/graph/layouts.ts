import type { Layout } from '@pellucid/core';
import { attributeInts, type NodeProto } from '@pellucid/onnx-graph';

/** Operators that define their axes: batch, channel, then space. */
const CHANNELS_FIRST: ReadonlySet<string> = new Set([
  'AveragePool', 'BatchNormalization', 'Conv', 'ConvTranspose', 'DepthToSpace', 'GlobalAveragePool', 'GlobalMaxPool', 'GroupNormalization',
  'InstanceNormalization', 'LRN', 'MaxPool', 'QLinearConv', 'SpaceToDepth', 'Upsample',
]);

// The axes of their result are new ones, whatever the number of them.
const REARRANGING: ReadonlySet<string> = new Set(['Einsum', 'Reshape', 'Squeeze', 'Unsqueeze', 'MatMul']);

const BY_RANK: Readonly<Record<number, Layout>> = { 3: 'NCW', 4: 'NCHW', 5: 'NCDHW' };
const LAYOUTS: ReadonlySet<string> = new Set<Layout>(['NC', 'NCW', 'NWC', 'NCHW', 'NHWC', 'NCDHW', 'NDHWC', 'NTC']);

/** What the axes of a tensor are when only their number is known. */
function layoutOfRank(rank: number): Layout {
  if (rank === 2) return 'NC';
  return rank === 3 ? 'NTC' : 'N*';
}

/** The letters of a layout in another order, where they make a layout again. */
function permute(layout: Layout, permutation: readonly number[]): Layout {
  const letters = permutation.map((axis) => layout[axis] ?? '').join('');
  return LAYOUTS.has(letters) ? (letters as Layout) : 'N*';
}

/**
 * The layout of a node's output, from the layouts of what it reads. Convolutions and pools have channels first; operations on single
 * values keep the axes of their input; whatever rearranges axes is described by their number alone.
 */
export function outputLayout(node: NodeProto, rank: number, known: ReadonlyMap<string, Layout>): Layout {
  if (CHANNELS_FIRST.has(node.opType)) return BY_RANK[rank] ?? layoutOfRank(rank);
  const source = node.input.map((name) => known.get(name)).find((layout) => layout !== undefined && layout !== 'N*' && layout.length === rank);
  if (node.opType === 'Transpose') {
    const permutation = attributeInts(node, 'perm', null);
    return source !== undefined && permutation !== null ? permute(source, permutation) : layoutOfRank(rank);
  }
  if (REARRANGING.has(node.opType)) return layoutOfRank(rank);
  return source ?? layoutOfRank(rank);
}

/** The layout of a model's input: images have channels first unless only the last axis can be channels. */
export function inputLayout(shape: readonly (number | null)[], readers: readonly string[]): Layout {
  const isChannels = (length: number | null | undefined): boolean => length === 1 || length === 3 || length === 4;
  const convolved = readers.some((operator) => CHANNELS_FIRST.has(operator));
  if (shape.length === 4) return isChannels(shape[3]) && !isChannels(shape[1]) && !convolved ? 'NHWC' : 'NCHW';
  return (convolved ? BY_RANK[shape.length] : undefined) ?? layoutOfRank(shape.length);
}
