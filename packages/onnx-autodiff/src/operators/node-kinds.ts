import type { OpKind } from '@pellucid/core';
import { normalDomain, type NodeProto, type OnnxModel } from '@pellucid/onnx-graph';
import { WEIGHTED } from './linear-operators.ts';
import { operatorKind } from './operator-kinds.ts';
import { storedTensors } from './stored-tensors.ts';

/** What backward rules go by. */
export interface NodeKind {
  readonly kind: OpKind;
  /** It has weights, and nothing between a graph input and it has. */
  readonly isFirst: boolean;
}

/** Finds the kind of a node of one model. */
export type NodeKinds = (node: NodeProto) => NodeKind;

/** Finds the kinds of the nodes of a model. */
export function nodeKinds(model: OnnxModel): NodeKinds {
  const stored = storedTensors(model);
  const kindOf = (node: NodeProto): OpKind => {
    if (normalDomain(node.domain) === '') return operatorKind(node.opType, node.input.map((name) => stored.has(name)));
    // What optimisers fuse has no kind but that of a single activation.
    return normalDomain(node.domain) === 'com.microsoft' && node.input.length === 1 ? operatorKind(node.opType, []) : 'other';
  };
  const behindWeights = new Set<string>();
  const kinds = new Map<NodeProto, NodeKind>();
  for (const node of model.graph.node) {
    const kind = kindOf(node);
    const weighted = WEIGHTED.has(kind);
    const behind = node.input.some((name) => behindWeights.has(name));
    if (weighted || behind) for (const output of node.output) behindWeights.add(output);
    kinds.set(node, { kind, isFirst: weighted && !behind });
  }
  return (node) => kinds.get(node) ?? { kind: kindOf(node), isFirst: false };
}
