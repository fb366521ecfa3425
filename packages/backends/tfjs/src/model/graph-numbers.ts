import type { GraphModel } from '@tensorflow/tfjs-converter';
import type * as tf from '@tensorflow/tfjs-core';

import { inScope } from '../engine/scope.ts';
import type { GraphNode } from './graph-nodes.ts';

/** Whether a node's value follows from shapes and stored values alone. */
function followsFromShapes(node: GraphNode, known: Map<GraphNode, boolean>): boolean {
  const found = known.get(node);
  if (found !== undefined) return found;
  const follows = node.op === 'Shape' || (node.op !== 'Placeholder' && node.inputs.every((input) => followsFromShapes(input, known)));
  known.set(node, follows);
  return follows;
}

/**
 * The numbers that nodes always give: stored ones, and those that graphs for images of any size compute from the size, which is known here.
 * @param execute - runs nodes for this many samples
 */
export function graphNumbers(
  model: GraphModel, nodes: readonly GraphNode[], execute: (samples: number, names: readonly string[]) => readonly tf.Tensor[],
): ReadonlyMap<string, readonly number[]> {
  const { weights } = model;
  const known = new Map<GraphNode, boolean>();
  const stored = nodes.flatMap(({ name }): [string, readonly number[]][] => {
    const [tensor] = weights[name] ?? [];
    return tensor === undefined ? [] : [[name, Array.from(tensor.dataSync())]];
  });
  const computed = nodes.filter((node) => weights[node.name] === undefined && followsFromShapes(node, known)).map(({ name }) => name);
  if (computed.length === 0) return new Map(stored);
  const read = (samples: number): readonly (readonly number[])[] => inScope(() => execute(samples, computed).map((tensor) => Array.from(tensor.dataSync())));
  // They may follow from the number of samples as well.
  const [one, two] = [read(1), read(2)];
  return new Map([...stored, ...computed.flatMap((name, i): [string, readonly number[]][] => (one[i]!.join() === two[i]!.join() ? [[name, one[i]!]] : []))]);
}
