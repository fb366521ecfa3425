import type { LayerInfo, LayerName } from '@pellucid/core';
import type { GraphModel } from '@tensorflow/tfjs-converter';

import type { GraphNode } from './graph-nodes.ts';
import { asAttribute, fusedParts, withNodes, type StoredNode } from './stored-graph.ts';
import { sumLayer, sumName } from './sum-layers.ts';

const FUSED: ReadonlySet<string> = new Set(['FusedDepthwiseConv2dNative', '_FusedConv2D', '_FusedMatMul']);

/** What a fused operation applies to the sum of its product and a bias. */
export function fusedActivation({ op, attrParams }: GraphNode): string | undefined {
  const parts = FUSED.has(op) ? attrParams?.['fusedOps']?.value : undefined;
  return Array.isArray(parts) && parts[0] === 'biasadd' && parts.length === 2 ? String(parts[1]) : undefined;
}

/** By layer: the place in front of the activation of a fused operation. */
export function graphSums(nodes: readonly GraphNode[], layers: readonly LayerInfo[]): ReadonlyMap<LayerName, LayerInfo> {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const names = new Set(nodes.map(({ name }) => name));
  return new Map(nodes.filter((node) => fusedActivation(node) !== undefined).flatMap(({ name }): [LayerName, LayerInfo][] => {
    const layer = byName.get(name);
    return layer === undefined ? [] : [[name, sumLayer(layer, sumName(name, (taken) => names.has(taken)))]];
  }));
}

/** The operation up to its sum, and what it does to that as a node of its own, which keeps the name. */
function takeApart(node: StoredNode, sum: LayerName): readonly StoredNode[] {
  const { name, input = [], attr = {} } = node;
  const { leakyrelu_alpha: alpha, ...own } = attr;
  const [, activation = ''] = fusedParts(node);
  return [
    { ...node, name: sum, input: input.slice(0, 3), attr: { ...own, fused_ops: asAttribute.texts(['BiasAdd']), num_args: { i: '1' } } },
    { name, op: activation, input: [sum, ...input.slice(3)], attr: { T: attr['T'], ...(alpha !== undefined && { alpha }) } },
  ];
}

/** A model on the same weights in which these sums are nodes. */
export const withSums = (model: GraphModel, sums: ReadonlyMap<LayerName, LayerInfo>): GraphModel =>
  withNodes(model, (nodes) => nodes.flatMap((node) => {
    const sum = sums.get(node.name);
    return sum === undefined ? [node] : takeApart(node, sum.name);
  }));
