import { PellucidError, suggestNames } from '@pellucid/core';
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from 'onnx-buf';
import { copyWith, type OnnxModel } from '../model/onnx-model.ts';
import { attributeGraphs } from '../node/attributes.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import type { TensorType } from '../shapes/tensor-type.ts';
import { makeValueInfo } from '../tensor/make-tensor.ts';

/** Parts of a graph that can be replaced. */
export interface GraphParts {
  readonly node?: readonly NodeProto[];
  readonly initializer?: readonly TensorProto[];
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
  readonly valueInfo?: readonly ValueInfoProto[];
}

/** From this IR version on constants need not be listed among the inputs. */
const CONSTANTS_APART = 4n;

/** The inputs of a graph with all constants, as older IR versions have them. */
function withConstants(inputs: readonly ValueInfoProto[], constants: readonly TensorProto[]): ValueInfoProto[] {
  const listed = new Set(inputs.map(({ name }) => name));
  const added = constants.filter(({ name }) => !listed.has(name));
  return [...inputs, ...added.map(({ name, dataType, dims }) => makeValueInfo(name, { elementType: dataType, shape: dims.map(Number) }))];
}

/** A model with some lists of its graph replaced. Copies no weights and leaves the given model as it was. */
export function replaceParts(model: OnnxModel, parts: GraphParts): OnnxModel {
  const changes: Partial<GraphProto> = {};
  if (parts.node) changes.node = [...parts.node];
  if (parts.initializer) changes.initializer = [...parts.initializer];
  if (parts.input) changes.input = [...parts.input];
  if (parts.initializer && model.proto.irVersion < CONSTANTS_APART) changes.input = withConstants(parts.input ?? model.graph.input, parts.initializer);
  if (parts.output) changes.output = [...parts.output];
  if (parts.valueInfo) changes.valueInfo = [...parts.valueInfo];
  const graph = copyWith(model.graph, changes);
  return { name: model.name, proto: copyWith(model.proto, { graph }), graph };
}

/** A model with more nodes (after the present ones, sorted among themselves), constants, inputs and outputs. */
export function extendGraph(model: OnnxModel, parts: GraphParts): OnnxModel {
  const { node, initializer, input, output, valueInfo } = model.graph;
  return replaceParts(model, {
    node: [...node, ...(parts.node ?? [])],
    initializer: [...initializer, ...(parts.initializer ?? [])],
    input: [...input, ...(parts.input ?? [])],
    output: [...output, ...(parts.output ?? [])],
    valueInfo: [...valueInfo, ...(parts.valueInfo ?? [])],
  });
}

/** The node that makes each tensor. Graph inputs and constants have none. */
export function tensorProducers(model: OnnxModel): ReadonlyMap<string, NodeProto> {
  return new Map(model.graph.node.flatMap((node) => node.output.filter((name) => name !== '').map((name) => [name, node] as const)));
}

/** The nodes that read each tensor, also from inside their branches and loop bodies. */
export function tensorReaders(model: OnnxModel): ReadonlyMap<string, readonly NodeProto[]> {
  const readers = new Map<string, NodeProto[]>();
  for (const node of model.graph.node) {
    for (const name of nodeReads(node)) {
      const found = readers.get(name);
      if (found) found.push(node);
      else readers.set(name, [node]);
    }
  }
  return readers;
}

/** The graph inputs that the caller has to feed: those without a stored default. */
export function graphInputs(model: OnnxModel): readonly ValueInfoProto[] {
  const constants = new Set(model.graph.initializer.map(({ name }) => name));
  return model.graph.input.filter(({ name }) => !constants.has(name));
}

/** Everything that a node reads, also from inside its branches and loop bodies. */
export function nodeReads(node: NodeProto): readonly string[] {
  const inner = attributeGraphs(node).flatMap((graph) => [
    ...graph.node.flatMap(nodeReads),
    ...graph.output.map(({ name }) => name),
  ]);
  return [...node.input, ...inner].filter((name) => name !== '');
}

function allNames(graph: GraphProto): string[] {
  return [
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.node.flatMap((node) => [node.name, ...node.output, ...attributeGraphs(node).flatMap(allNames)]),
  ];
}

/** Gives names that no tensor or node of the model has: the wanted one, or with a number at its end. */
export function uniqueNames(model: OnnxModel): (wanted: string) => string {
  const taken = new Set(allNames(model.graph));
  const next = new Map<string, number>();
  return (wanted) => {
    let name = wanted;
    for (let i = next.get(wanted) ?? 1; taken.has(name); i++) {
      name = `${wanted}_${i}`;
      next.set(wanted, i + 1);
    }
    taken.add(name);
    return name;
  };
}

/**
 * The part of a model that makes the given tensors, with these as its outputs, in the given order. `types` spares a shape inference.
 * @throws LAYER_NOT_FOUND when the model has no such tensor.
 */
export function extractSubgraph(
  model: OnnxModel, outputs: readonly string[], types: ReadonlyMap<string, TensorType> = inferShapes(model),
): OnnxModel {
  const needed = new Set(outputs);
  const nodes = model.graph.node.toReversed().filter((node) => {
    const used = node.output.some((name) => needed.has(name));
    if (used) for (const name of nodeReads(node)) needed.add(name);
    return used;
  }).toReversed();
  const declared = new Map(model.graph.output.map((info) => [info.name, info]));
  const kept = ({ name }: { readonly name: string }): boolean => needed.has(name);
  return replaceParts(model, {
    node: nodes,
    initializer: model.graph.initializer.filter(kept),
    input: model.graph.input.filter(kept),
    valueInfo: model.graph.valueInfo.filter(kept),
    output: outputs.map((name) => {
      const type = types.get(name);
      if (!type) {
        throw new PellucidError('LAYER_NOT_FOUND', { layer: name, model: model.name, help: suggestNames(name, [...types.keys()]) });
      }
      return declared.get(name) ?? makeValueInfo(name, type);
    }),
  });
}
