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
