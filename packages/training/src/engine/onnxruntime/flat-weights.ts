import type { Tensor } from '@pellucid/core';
import { int64Tensor, makeNode, intAttribute, type NodeProto, type TensorProto } from '@pellucid/onnx-graph';
import type { Weights } from '../../network/trained-network.ts';
import type { WeightLayout } from '../../onnx/weight-layouts.ts';
import { present } from '../../present.ts';

/** Values of several weights one after the other, as ONNX has them: one input of a graph, and one output. */
export function flatten(layouts: readonly WeightLayout[], weights: Weights): Float32Array {
  const flat = new Float32Array(layouts.reduce((sum, { size }) => sum + size, 0));
  let offset = 0;
  for (const { name, size, toOnnx } of layouts) {
    flat.set(toOnnx(present(weights.get(name), name).data), offset);
    offset += size;
  }
  return flat;
}

/** The opposite of `flatten`. */
export function unflatten(layouts: readonly WeightLayout[], flat: Float32Array): ReadonlyMap<string, Tensor> {
  let offset = 0;
  return new Map(layouts.map(({ name, size, fromOnnx }) => {
    offset += size;
    return [name, fromOnnx(flat.subarray(offset - size, offset))];
  }));
}

/** Nodes that cut a flat tensor into its weights, each under its name. */
export function unflattenNodes(layouts: readonly WeightLayout[], flat: string): { readonly nodes: readonly NodeProto[]; readonly initializers: readonly TensorProto[] } {
  const parts = layouts.map(({ name }) => `${name}/flat`);
  return {
    nodes: [
      makeNode('Split', [flat, `${flat}/sizes`], parts, [intAttribute('axis', 0)]),
      ...layouts.map(({ name }, i) => makeNode('Reshape', [parts[i]!, `${name}/shape`], [name])),
    ],
    initializers: [
      int64Tensor(`${flat}/sizes`, layouts.map(({ size }) => size)),
      ...layouts.map(({ name, shape }) => int64Tensor(`${name}/shape`, shape)),
    ],
  };
}
