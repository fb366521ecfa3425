import type { BackwardRules } from '@pellucid/core';
import { inferShapes, nodeTitle, normalDomain, replaceParts, uniqueNames, type NodeProto, type OnnxModel } from '@pellucid/onnx-graph';
import { createEmitter, type EmitterState } from '../engine/emitter.ts';
import { operatorKind } from '../operators/operator-kinds.ts';
import type { Composition } from '../rules/composition.ts';
import { FUSED_PARTS } from '../rules/fused-parts.ts';
import { QUANTIZED_PARTS } from '../rules/quantized-parts.ts';
import { SPELLED_OUT } from '../rules/spelled-out.ts';
import { plainActivation } from './plain-activation.ts';

type Rules = BackwardRules['rules'];

const MICROSOFT = 'com.microsoft.';

function nameOf({ domain, opType }: NodeProto): string {
  const own = normalDomain(domain);
  return own === '' ? opType : `${own}.${opType}`;
}

/** What stands for a node under a set of rules; `undefined` where it stands for itself. */
function partsUnder(rules: Rules, node: NodeProto): Composition | undefined {
  const fused = FUSED_PARTS[nameOf(node)];
  if (fused !== undefined || normalDomain(node.domain) !== '') return fused;
  // Rules for the arithmetic that an operator is made of speak for it where none does of its own.
  const spells = rules[operatorKind(node.opType, [])] === undefined && rules.multiply !== undefined && rules.divide !== undefined;
  return spells ? SPELLED_OUT[node.opType] : undefined;
}

/** Thrown, and caught, where the parts of a node cannot be told: it stays as it is. */
class NoParts extends Error {}

/** What stands for nodes. */
interface Forms {
  /** The activation that a node is by another name, or `null`. */
  readonly activation: (emit: EmitterState, node: NodeProto) => NodeProto | null;
  /** What a node is made of; `undefined` where it stands for itself. */
  readonly partsOf: (node: NodeProto) => Composition | undefined;
}

interface Expansion extends Forms {
  readonly emit: EmitterState;
  readonly nodes: NodeProto[];
  /** What parts call a tensor, and what it is called by who reads it. */
  readonly names: Map<string, string>;
  /** The node of the model that a part belongs to. */
  readonly titles: Map<NodeProto, string>;
}

/** The nodes that a composition appends, with the outputs of the node it stands for; `null` where one of these is missing. */
function spell({ emit, names }: Expansion, node: NodeProto, compute: Composition): readonly NodeProto[] | null {
  const before = emit.nodes.length;
  let made: readonly (string | null)[];
  try {
    made = compute(emit, { node, inputs: node.input, outputs: node.output });
  } catch (error) {
    if (error instanceof NoParts || error instanceof RangeError) return null;
    throw error;
  }
  if (node.output.some((name, i) => name !== '' && (made[i] ?? null) === null)) return null;
  const fresh = new Set(emit.nodes.slice(before).flatMap(({ output }) => output));
  for (const [i, name] of node.output.entries()) {
    if (name === '') continue;
    const output = made[i]!;
    names.set(fresh.delete(output) ? output : emit.op('Identity', [output]), name);
  }
  return emit.nodes.slice(before);
}

/** The activation that a node is by another name, in its place among the parts where it is one. */
function plainNode({ emit, activation, titles }: Expansion, given: NodeProto, title: string): NodeProto {
  const node = activation(emit, given);
  if (node === null) return given;
  const at = emit.nodes.indexOf(given);
  if (at >= 0) {
    emit.nodes[at] = node;
    titles.set(node, title);
  }
  return node;
}

function visit(expansion: Expansion, given: NodeProto, title: string): void {
  const { emit, partsOf, nodes, titles } = expansion;
  const node = plainNode(expansion, given, title);
  const compute = partsOf(node);
  const before = emit.nodes.length;
  const parts = compute === undefined ? null : spell(expansion, node, compute);
  if (parts === null) {
    // What parts of other nodes share may have been made here for the first time.
    for (const shared of emit.nodes.slice(before)) titles.set(shared, title);
    nodes.push(...emit.nodes.slice(before), node);
    return;
  }
  for (const part of parts) {
    titles.set(part, title);
    visit(expansion, part, title);
  }
}

/** Gives parts their names in the model; what nobody reads goes. */
function nameParts({ nodes, names, titles, emit }: Expansion, model: OnnxModel): NodeProto[] {
  const unique = uniqueNames(model);
  const called = (name: string): string => {
    const next = names.get(name);
    return next === undefined ? name : called(next);
  };
  const emitted = new Set(emit.nodes);
  const read = new Set(names.keys());
  const kept = nodes.toReversed().filter((node) => {
    const isUsed = !emitted.has(node) || node.output.some((name) => read.has(name));
    if (isUsed) for (const name of node.input) read.add(name);
    return isUsed;
  }).toReversed();
  for (const node of kept) {
    if (!emitted.has(node)) continue;
    if (node.opType.startsWith(MICROSOFT)) {
      node.domain = MICROSOFT.slice(0, -1);
      node.opType = node.opType.slice(MICROSOFT.length);
    }
    node.name = unique(`${titles.get(node) ?? ''}/${node.opType}`);
    for (const [i, name] of node.output.entries()) if (!names.has(name)) names.set(name, i === 0 ? node.name : unique(node.name));
  }
  for (const node of kept) {
    if (!emitted.has(node)) continue;
    node.input = node.input.map(called);
    node.output = node.output.map(called);
  }
  return kept;
}

/**
 * The model as backward rules have to see it: what optimisers fused is in parts again, an activation that is written as a bound is one, and operators that
 * the rules have no word for, but whose arithmetic they know, are spelled out. It computes the same, and its tensors keep their names.
 */
export function expandNodes(model: OnnxModel, rules: Rules): OnnxModel {
  return expand(model, { activation: (emit, node) => plainActivation(emit, node, rules), partsOf: (node) => partsUnder(rules, node) });
}

/** The model with operators that compute with integers in floats, between DequantizeLinear and QuantizeLinear: gradients can pass these by the straight-through rule. */
export function expandQuantized(model: OnnxModel): OnnxModel {
  return expand(model, { activation: () => null, partsOf: (node) => QUANTIZED_PARTS[nameOf(node)] });
}

function expand(model: OnnxModel, forms: Forms): OnnxModel {
  const emit = createEmitter(model, inferShapes(model), () => { throw new NoParts(); });
  const expansion: Expansion = { ...forms, emit, nodes: [], names: new Map(), titles: new Map() };
  for (const node of model.graph.node) visit(expansion, node, nodeTitle(node));
  const nodes = nameParts(expansion, model);
  if (nodes.length === model.graph.node.length && nodes.every((node, i) => node === model.graph.node[i])) return model;
  const read = new Set(nodes.flatMap(({ input }) => input));
  return replaceParts(model, { node: nodes, initializer: [...model.graph.initializer, ...emit.initializers.filter(({ name }) => read.has(name))] });
}
