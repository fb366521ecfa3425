import type { LayerInfo, LayerName, Tensor } from '@pellucid/core';
import type * as tf from '@tensorflow/tfjs-core';

import type { GraphNode } from './graph-nodes.ts';
import { readTensor } from './network.ts';

type Weights = Readonly<Record<string, readonly tf.Tensor[]>>;

/** Operators after which a constant that is added is a bias. */
const PRODUCTS: ReadonlySet<string> = new Set([
  'BatchMatMul', 'BatchMatMulV2', 'Conv1D', 'Conv2D', 'Conv2DBackpropInput', 'Conv3D', 'DepthwiseConv2d', 'DepthwiseConv2dNative', 'Einsum', 'MatMul',
]);
const FUSED: ReadonlySet<string> = new Set(['FusedDepthwiseConv2dNative', '_FusedConv2D', '_FusedMatMul']);
const NORMALISATIONS: ReadonlySet<string> = new Set(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3']);
const ADDITIONS: ReadonlySet<string> = new Set(['Add', 'AddV2', 'BiasAdd']);

const attribute = ({ attrParams }: GraphNode, name: string): unknown => attrParams?.[name]?.value;

/** What a fused operation does after its product: `biasadd`, then an activation. */
function fusedParts(node: GraphNode): readonly unknown[] {
  const parts = attribute(node, 'fusedOps');
  return Array.isArray(parts) ? parts : [];
}

/** Whether a node changes its result after it added its bias, so that nothing can be asked of the sum in between. */
function hidesBias(node: GraphNode): boolean {
  const parts = FUSED.has(node.op) ? fusedParts(node) : [];
  return parts.length > 0 && (parts.length > 1 || parts[0] !== 'biasadd');
}

/** A stored weight, also behind a node that passes it on. */
function stored(node: GraphNode | undefined, weights: Weights): Tensor | undefined {
  const tensor = node && weights[node.name]?.[0];
  if (tensor !== undefined) return readTensor(tensor);
  return node?.op === 'Identity' ? stored(node.inputs[0], weights) : undefined;
}

/** Values of the channels as a tensor of this rank. */
function alongChannels(node: GraphNode, { data }: Tensor, rank: number): Tensor {
  const channels = attribute(node, 'dataFormat') === 'NCHW' ? 1 : rank - 1;
  return { shape: Array.from({ length: rank }, (_, axis) => (axis === channels ? data.length : 1)), data };
}

/** offset - mean * scale / sqrt(variance + epsilon), per channel. */
function normalisationBias(node: GraphNode, weights: Weights): Tensor | undefined {
  const [scale, offset, mean, variance] = node.inputs.slice(1, 5).map((input) => stored(input, weights)?.data);
  if (scale === undefined || offset === undefined || mean === undefined || variance === undefined) return undefined;
  const epsilon = Number(attribute(node, 'epsilon') ?? 0);
  return { shape: [mean.length], data: offset.map((value, channel) => value - (mean[channel]! * scale[channel]!) / Math.sqrt(variance[channel]! + epsilon)) };
}

/** What a node adds to a linear function of its input. */
function biasOf(node: GraphNode, rank: number, weights: Weights): Tensor | undefined {
  if (NORMALISATIONS.has(node.op)) {
    const bias = normalisationBias(node, weights);
    return bias && alongChannels(node, bias, rank);
  }
  if (FUSED.has(node.op)) {
    const bias = fusedParts(node)[0] === 'biasadd' ? stored(node.inputs[2], weights) : undefined;
    return bias && alongChannels(node, bias, rank);
  }
  if (!ADDITIONS.has(node.op)) return undefined;
  const added = stored(node.inputs.find((_, i) => PRODUCTS.has(node.inputs[1 - i]?.op ?? '')), weights);
  if (added === undefined || node.op === 'BiasAdd') return added && alongChannels(node, added, rank);
  return { shape: [...new Array<number>(Math.max(rank - added.shape.length, 0)).fill(1), ...added.shape], data: added.data };
}

/** The nodes that lead to a node, itself included. */
function leadingTo(node: GraphNode): ReadonlySet<GraphNode> {
  const leading = new Set([node]);
  for (const found of leading) for (const input of found.inputs) leading.add(input);
  return leading;
}

/**
 * The biases of the layers of a graph that lead to its logits. Undefined where fused nodes apply activations to their own sums: gradients are taken at
 * results, not in between.
 */
export function graphBiases(
  nodes: readonly GraphNode[], layers: readonly LayerInfo[], logits: GraphNode, weights: Weights,
): (() => ReadonlyMap<LayerName, Tensor>) | undefined {
  const leading = leadingTo(logits);
  const open = nodes.filter((node) => leading.has(node));
  if (open.some(hidesBias)) return undefined;
  const ranks = new Map(layers.map(({ name, shape }) => [name, shape?.length]));
  return () => new Map(open.flatMap((node): [LayerName, Tensor][] => {
    const rank = ranks.get(node.name);
    const bias = rank === undefined ? undefined : biasOf(node, rank, weights);
    return bias === undefined ? [] : [[node.name, bias]];
  }));
}
