import type { BackwardRules, OpKind } from '@pellucid/core';
import { copyWith, makeNode, replaceParts, type NodeProto, type OnnxModel, type TensorType } from '@pellucid/onnx-graph';
import { operatorKind } from '../operators/operator-kinds.ts';
import { chainFacts, type Chain, type ChainFacts, type ChainFinder } from './chain-facts.ts';
import { factoredNormalization } from './factored-normalization.ts';
import { writtenActivation } from './written-activations.ts';
import { writtenBias } from './written-biases.ts';
import { writtenNormalization } from './written-normalizations.ts';

/** A model as backward rules see it: some nodes stand for several, which run as they did. */
export interface JoinedView {
  readonly model: OnnxModel;
  /** What a node stands for, in the order in which it runs; nothing for a node of the model. */
  readonly partsOf: (node: NodeProto) => readonly NodeProto[] | undefined;
}

const FINDERS: readonly ChainFinder[] = [writtenNormalization, factoredNormalization, writtenActivation, writtenBias];
const KINDS: readonly OpKind[] = ['layer-norm', 'instance-norm', 'gelu', 'hard-swish', 'mish', 'swish', 'conv', 'conv-transpose', 'dense'];

/** The nodes on the way from x to the output; `null` where something else comes in, or a value on the way is used elsewhere. */
function nodesOf({ x, output }: Chain, { producer, readers, isStored, isFloat, number }: ChainFacts, kept: ReadonlySet<string>): ReadonlySet<NodeProto> | null {
  const found = new Set<NodeProto>();
  const open = [output];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = producer(name);
    if (node === undefined) return null;
    if (found.has(node)) continue;
    found.add(node);
    // Shapes that a reshaping goes by are no part of what it moves.
    open.push(...node.input.filter((input) => input !== x && input !== '' && isFloat(input) && !isStored(input) && number(input) === null));
  }
  const inner = [...found].flatMap((node) => node.output).filter((name) => name !== output && name !== '');
  return inner.every((name) => !kept.has(name) && readers(name).every((reader) => found.has(reader))) ? found : null;
}

/**
 * Joins normalisations and activations that an exporter wrote as arithmetic, and layers with a sum that adds their bias, into one node each, in the eyes of
 * rules that have a word for it. Only where the chain computes just that, and no value inside is used elsewhere or in `kept`.
 */
export function joinNodes(model: OnnxModel, types: ReadonlyMap<string, TensorType>, rules: BackwardRules['rules'], kept: ReadonlySet<string>): JoinedView {
  const joined = new Map<NodeProto, readonly NodeProto[]>();
  if (!KINDS.some((kind) => rules[kind] !== undefined)) return { model, partsOf: () => undefined };
  const facts = chainFacts(model, types);
  const taken = new Set<NodeProto>();
  const byLast = new Map<NodeProto, NodeProto>();
  for (const node of model.graph.node) {
    for (const find of FINDERS) {
      const chain = taken.has(node) ? null : find(node, facts, kept);
      if (chain === null || rules[operatorKind(chain.operator, [chain.x, ...chain.parameters].map(facts.isStored))] === undefined) continue;
      const nodes = nodesOf(chain, facts, kept);
      const last = facts.producer(chain.output);
      if (nodes === null || last === undefined || [...nodes].some((part) => taken.has(part))) continue;
      const whole = copyWith(makeNode(chain.operator, [chain.x, ...chain.parameters], [chain.output]), { name: last.name });
      joined.set(whole, model.graph.node.filter((part) => nodes.has(part)));
      byLast.set(last, whole);
      for (const part of nodes) taken.add(part);
    }
  }
  if (joined.size === 0) return { model, partsOf: () => undefined };
  const nodes = model.graph.node.flatMap((node) => byLast.get(node) ?? (taken.has(node) ? [] : [node]));
  return { model: replaceParts(model, { node: nodes }), partsOf: (node) => joined.get(node) };
}
