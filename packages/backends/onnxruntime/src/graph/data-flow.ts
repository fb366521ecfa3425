import { nodeReads, type OnnxModel } from '@pellucid/onnx-graph';

/** Tensors that never change: the model's constants and what is computed from them alone. */
export function storedTensors({ graph }: OnnxModel): ReadonlySet<string> {
  const stored = new Set(graph.initializer.map(({ name }) => name));
  for (const { values } of graph.sparseInitializer) if (values) stored.add(values.name);
  for (const node of graph.node) {
    if (nodeReads(node).every((name) => stored.has(name))) for (const output of node.output) stored.add(output);
  }
  stored.delete('');
  return stored;
}

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
