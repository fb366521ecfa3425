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
const ADDITIONS: ReadonlySet<string> = new Set(['Add', 'AddV2']);
/** Operators that pass values on, so that what is added behind them is added to what was before. */
const REARRANGEMENTS: ReadonlySet<string> = new Set(['BatchToSpaceND', 'Identity', 'Reshape', 'Squeeze']);

const attribute = ({ attrParams }: GraphNode, name: string): unknown => attrParams?.[name]?.value;

/** What a fused operation does after its product: `biasadd`, then an activation. */
function fusedParts(node: GraphNode): readonly unknown[] {
  const parts = attribute(node, 'fusedOps');
  return Array.isArray(parts) ? parts : [];
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

/** Whether a value was multiplied by weights, as by a convolution, or by what the converter made of a batch normalisation. */
function isScaled(node: GraphNode | undefined, weights: Weights): boolean {
  if (node === undefined) return false;
  if (REARRANGEMENTS.has(node.op)) return isScaled(node.inputs[0], weights);
  return PRODUCTS.has(node.op) || (node.op === 'Mul' && node.inputs.some((factor) => stored(factor, weights) !== undefined));
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
  if (node.op === 'BiasAdd') {
    const bias = stored(node.inputs[1], weights);
    return bias && alongChannels(node, bias, rank);
  }
  const added = ADDITIONS.has(node.op) ? stored(node.inputs.find((_, i) => isScaled(node.inputs[1 - i], weights)), weights) : undefined;
  return added && { shape: [...new Array<number>(Math.max(rank - added.shape.length, 0)).fill(1), ...added.shape], data: added.data };
}

/** The nodes that lead to a node, itself included. */
function leadingTo(node: GraphNode): ReadonlySet<GraphNode> {
  const leading = new Set([node]);
  for (const found of leading) for (const input of found.inputs) leading.add(input);
  return leading;
}

/**
 * The biases of the layers of a graph that lead to its logits.
 * @param sums - the places where fused operations add theirs, by the names of these
 */
export function graphBiases(
  nodes: readonly GraphNode[], layers: readonly LayerInfo[], sums: ReadonlyMap<LayerName, LayerInfo>, logits: GraphNode, weights: Weights,
): () => ReadonlyMap<LayerName, Tensor> {
  const leading = leadingTo(logits);
  const ranks = new Map(layers.map(({ name, shape }) => [name, shape?.length]));
  return () => new Map(nodes.filter((node) => leading.has(node)).flatMap((node): [LayerName, Tensor][] => {
    const rank = ranks.get(node.name);
    const bias = rank === undefined ? undefined : biasOf(node, rank, weights);
    return bias === undefined ? [] : [[sums.get(node.name)?.name ?? node.name, bias]];
  }));
}
