import { nodeReads, type OnnxModel } from '@pellucid/onnx-graph';

// They read the lengths of axes, not values.
const SHAPE_READERS: ReadonlySet<string> = new Set(['Shape', 'Size']);

/** Tensors whose values (not only whose shapes) may depend on one graph input, the input itself included. */
export function dependentTensors({ graph }: OnnxModel, input: string): ReadonlySet<string> {
  const dependent = new Set([input]);
  for (const node of graph.node) {
    if (SHAPE_READERS.has(node.opType) || !nodeReads(node).some((name) => dependent.has(name))) continue;
    for (const output of node.output) if (output !== '') dependent.add(output);
  }
  return dependent;
}

/** What the last node of a graph depends on: tensors beside the way to it have no gradient, and change no score. */
export function leadsToEnd({ graph }: OnnxModel): ReadonlySet<string> {
  const needed = new Set(graph.node.at(-1)?.output);
  for (const node of graph.node.toReversed()) {
    if (node.output.some((name) => needed.has(name))) for (const name of nodeReads(node)) needed.add(name);
  }
  return needed;
}
