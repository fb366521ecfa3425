import { sizeOf, type LayerName } from '@pellucid/core';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

import type { GraphNode } from '../model/graph-nodes.ts';
import type { Network } from '../model/network.ts';
import { withWeights } from '../model/stored-graph.ts';
import type { LearntTensors, NetworkParameters } from './network-parameters.ts';

/** Operators that read what they learnt, at any of these inputs and after. */
const FIRST_SLOT: ReadonlyMap<string, number> = new Map([
  ['BiasAdd', 1], ['Conv1D', 1], ['Conv2D', 1], ['Conv2DBackpropInput', 1], ['Conv3D', 1], ['DepthwiseConv2d', 1], ['DepthwiseConv2dNative', 1], ['Einsum', 0],
  ['FusedBatchNorm', 1], ['FusedBatchNormV2', 1], ['FusedBatchNormV3', 1], ['FusedDepthwiseConv2dNative', 1], ['BatchMatMul', 0], ['BatchMatMulV2', 0], ['MatMul', 0],
  ['NormalizeOverAxes', 1], ['Prelu', 1], ['_FusedConv2D', 1], ['_FusedMatMul', 0],
]);

/** Operators that scale or shift: what they read behind a layer with weights is learnt as well, what they read before (the mean of a data set) is not. */
const ELEMENTWISE: ReadonlySet<string> = new Set(['Add', 'AddV2', 'Mul', 'Sub']);

/** Operators to which an addition of constants belongs. */
const PRODUCTS: ReadonlySet<string> = new Set(['BatchMatMul', 'BatchMatMulV2', 'Conv2D', 'Conv3D', 'DepthwiseConv2dNative', 'Einsum', 'MatMul']);

/** Operators through which a constant stays what was learnt. */
const REARRANGEMENTS: ReadonlySet<string> = new Set(['ExpandDims', 'Identity', 'Reshape', 'Squeeze', 'Transpose']);

/** The name of the weight that a value is, or is a rearrangement of. */
function weightOf({ name, op, inputs }: GraphNode, weights: GraphModel['weights']): string | undefined {
  if (weights[name] !== undefined) return name;
  return REARRANGEMENTS.has(op) && inputs[0] !== undefined ? weightOf(inputs[0], weights) : undefined;
}

/** The layer that an addition of constants is the bias of. */
function productOf(node: GraphNode): GraphNode {
  const product = node.op === 'BiasAdd' || node.op === 'Add' || node.op === 'AddV2' ? node.inputs.find(({ op }) => PRODUCTS.has(op)) : undefined;
  return product ?? node;
}

/** A node's own name, or where its value is no layer's (tokens of all samples in one axis) that of the first layer behind it. */
function nearestLayer(name: string, nodes: readonly GraphNode[], layers: ReadonlySet<LayerName>): LayerName {
  const behind = new Set([name]);
  for (const node of layers.has(name) ? [] : nodes) {
    if (!node.inputs.some((input) => behind.has(input.name))) continue;
    if (layers.has(node.name)) return node.name;
    behind.add(node.name);
  }
  return name;
}

/** Weights that nodes learnt, in the order of execution; one that several read belongs to the first. */
function learntWeights(nodes: readonly GraphNode[], weights: GraphModel['weights']): ReadonlyMap<LayerName, readonly string[]> {
  const behind = new Set<string>();
  const taken = new Set<string>();
  const found = new Map<LayerName, string[]>();
  for (const node of nodes) {
    const elementwise = ELEMENTWISE.has(node.op);
    const reads = node.inputs.some(({ name }) => behind.has(name));
    const first = elementwise ? (reads ? 0 : Infinity) : (FIRST_SLOT.get(node.op) ?? Infinity);
    const learnt = node.inputs.slice(first).flatMap((input) => weightOf(input, weights) ?? []).filter((name) => {
      const tensor = weights[name]?.[0];
      return tensor?.dtype === 'float32' && (!elementwise || sizeOf(tensor.shape) > 1);
    });
    if (reads || learnt.length > 0) behind.add(node.name);
    const fresh = learnt.filter((name) => !taken.has(name));
    if (fresh.length === 0) continue;
    for (const name of fresh) taken.add(name);
    const layer = productOf(node).name;
    found.set(layer, [...(found.get(layer) ?? []), ...fresh]);
  }
  return found;
}

/**
 * What a graph model learnt.
 * @param nodes - those on the way to the output, in an order in which they can run
 * @param names - of the layers
 */
export function graphParameters(model: GraphModel, nodes: readonly GraphNode[], names: ReadonlySet<LayerName>, describe: (copy: GraphModel) => Network): NetworkParameters {
  const layers = [...learntWeights(nodes, model.weights)].map(([node, own]): LearntTensors => ({
    // Several may share the layer behind them: each stays a step of its own.
    layer: nearestLayer(node, nodes, names), tensors: new Map(own.map((name) => [name, () => model.weights[name]![0]!])),
  }));
  return {
    layers,
    copy: (changed) => {
      const weights = Object.fromEntries(Object.entries(model.weights).flatMap(([name, tensors]) => tensors.map((tensor) => [name, tf.keep(tf.clone(changed.get(name) ?? tensor))])));
      try {
        return Promise.resolve(describe(withWeights(model, weights)));
      } catch (error) {
        tf.dispose(weights);
        throw error;
      }
    },
  };
}
