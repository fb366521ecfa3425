import { PellucidError } from '@pellucid/core';
import type { GraphModel } from '@tensorflow/tfjs-converter';

import { nodeName, type StoredNode } from './stored-graph.ts';

/** A node of a graph model. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputNames: readonly string[];
  readonly inputs: readonly GraphNode[];
  /** The family of the operator, as the converter calls it. */
  readonly category?: string;
  /** Its attributes, under the names that the converter gives them. */
  readonly attrParams?: Readonly<Record<string, { readonly value?: unknown } | undefined>>;
  /** Which of its inputs the converter reads for what. */
  readonly inputParams?: Readonly<Record<string, { inputIndexStart?: number } | undefined>>;
}

/** The part of a graph model that has no public name. */
interface Internals {
  readonly executor: { readonly graph: { readonly nodes: Readonly<Record<string, GraphNode>> } };
}

/** The graph of a model. */
export interface GraphNodes {
  readonly all: readonly GraphNode[];
  /** Nodes that compute a value on the way from the inputs to the outputs, in an order in which they can run. */
  readonly reachable: readonly GraphNode[];
  /** The first output. */
  readonly output: GraphNode;
}

const invalidGraph = (model: string, problem: string): PellucidError =>
  new PellucidError('MODEL_INVALID', { model, format: 'a TensorFlow.js graph model', problem, help: 'Convert it again with the TensorFlow.js converter.' });

/** The names that a signature gives to outputs, and their nodes. */
function declaredOutputs(signature: unknown): readonly (readonly [key: string, node: string])[] {
  const outputs: unknown = (signature as { readonly outputs?: unknown } | undefined)?.outputs;
  return Object.entries((outputs ?? {}) as Readonly<Record<string, { readonly name?: unknown } | null>>).map(([key, output]) => [key, nodeName(String(output?.name ?? key))]);
}

/**
 * Refuses a graph whose nodes read nodes that are not there, or whose outputs are none of them: the library fails without saying which.
 * @throws MODEL_INVALID.
 */
export function checkReferences(model: string, topology: unknown, signature: unknown): void {
  const nodes: unknown = (topology as { readonly node?: unknown } | undefined)?.node;
  if (!Array.isArray(nodes)) throw invalidGraph(model, '`modelTopology.node` is not a list of nodes');
  const stored = nodes as readonly StoredNode[];
  const names = new Set(stored.map(({ name }) => name));
  for (const { name, input = [] } of stored) {
    const missing = input.find((source) => !names.has(nodeName(source)));
    if (missing !== undefined) throw invalidGraph(model, `node \`${name}\` reads \`${missing}\`, which is not the name of a node`);
  }
  const unknown = declaredOutputs(signature).find(([, node]) => !names.has(node));
  if (unknown !== undefined) throw invalidGraph(model, `its output \`${unknown[0]}\` is \`${unknown[1]}\`, which is not the name of a node`);
}

/** Refuses what decides at run time which nodes run, or how large a value is: no tape holds a path through it. */
function checkStatic(model: string, nodes: readonly GraphNode[]): void {
  const dynamic = nodes.find(({ category = '' }) => category === 'control' || category === 'dynamic');
  if (dynamic === undefined) return;
  throw new PellucidError('MODEL_UNSUPPORTED', {
    model,
    problem: `it has control flow: node \`${dynamic.name}\` (${dynamic.op})`,
    help: 'Export the network for inference, without loops and branches, or cut it off before them.',
  });
}

/** The converter takes the lower bound of a band for its upper one as well. */
function repairBands(nodes: readonly GraphNode[]): void {
  for (const { op, inputParams } of nodes) if (op === 'MatrixBandPart' && inputParams?.['numUpper']) inputParams['numUpper'].inputIndexStart = 2;
}

/**
 * Finds the nodes of a graph model that depend on its inputs and that its outputs depend on.
 * @throws MODEL_INVALID without an output; MODEL_UNSUPPORTED for control flow.
 */
export function graphNodes(model: GraphModel, name: string): GraphNodes {
  const { nodes } = (model as unknown as Internals).executor.graph;
  repairBands(Object.values(nodes));
  const outputs = model.outputs.map((declared) => nodes[declared.name]).filter((node) => node !== undefined);
  const [output] = outputs;
  if (output === undefined) throw invalidGraph(name, 'none of its outputs is the name of a node');
  const depends = new Map<string, boolean>();
  const reachable: GraphNode[] = [];
  // Deep graphs would overflow the stack of a recursive walk.
  const stack: { readonly node: GraphNode; readonly entered: boolean }[] = [...outputs].reverse().map((node) => ({ node, entered: false }));
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, entered } = top;
    if (!entered) {
      if (depends.has(node.name)) continue;
      depends.set(node.name, node.op === 'Placeholder');
      stack.push({ node, entered: true }, ...[...node.inputs].reverse().map((input) => ({ node: input, entered: false })));
    } else if (node.op !== 'Placeholder' && node.inputs.some((input) => depends.get(input.name) === true)) {
      depends.set(node.name, true);
      reachable.push(node);
    }
  }
  checkStatic(name, reachable);
  return { all: Object.values(nodes), reachable, output };
}
