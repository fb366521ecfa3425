import { PellucidError } from '@pellucid/core';
import type { GraphModel } from '@tensorflow/tfjs-converter';

/** A node of a graph model. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputNames: readonly string[];
  readonly inputs: readonly GraphNode[];
}

/** The part of a graph model that has no public name. */
interface Internals {
  readonly executor: { readonly graph: { readonly nodes: Readonly<Record<string, GraphNode>> } };
}

/** The graph of a model. */
export interface GraphNodes {
  readonly all: readonly GraphNode[];
  /** Nodes that compute a value on the way from the input to the output, in an order in which they can run. */
  readonly reachable: readonly GraphNode[];
  readonly output: GraphNode;
}

/** Finds the nodes of a graph model that depend on its input and that its output depends on. */
export function graphNodes(model: GraphModel): GraphNodes {
  const { nodes } = (model as unknown as Internals).executor.graph;
  const output = nodes[model.outputs[0]?.name ?? ''];
  if (output === undefined) {
    throw new PellucidError('MODEL_INVALID', {
      model: 'graph model',
      format: 'a TensorFlow.js graph model',
      problem: 'its output is not the name of a node',
      help: 'Convert it again with the TensorFlow.js converter.',
    });
  }
  const depends = new Map<string, boolean>();
  const reachable: GraphNode[] = [];
  // Deep graphs would overflow the stack of a recursive walk.
  const stack: { readonly node: GraphNode; readonly entered: boolean }[] = [{ node: output, entered: false }];
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
  return { all: Object.values(nodes), reachable, output };
}
