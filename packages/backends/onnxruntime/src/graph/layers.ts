import type { LayerInfo, Layout } from '@pellucid/core';
import { operatorKind, storedTensors } from '@pellucid/onnx-autodiff';
import type { NodeProto, OnnxModel, TensorType } from '@pellucid/onnx-graph';
import { outputLayout } from './layouts.ts';
import { moduleOutputs, shortName, type NamedNode } from './module-paths.ts';

/** A tensor that may be a layer: it is computed from the input, and holds 32-bit floats. */
export interface LayerCandidate {
  readonly name: string;
  readonly node: NodeProto;
}

/** What each stored tensor is called, also where exporters pass one on that several calls of a module share. */
function parameterNames({ graph }: OnnxModel): ReadonlyMap<string, string> {
  const names = new Map(graph.initializer.map(({ name }) => [name, name]));
  for (const { opType, input: [from = ''], output: [to = ''] } of graph.node) {
    const name = opType === 'Identity' ? names.get(from) : undefined;
    if (name !== undefined) names.set(to, name);
  }
  return names;
}

const named = ({ name, metadataProps, opType, input }: NodeProto, parameters: ReadonlyMap<string, string>): NamedNode => ({
  name,
  metadata: new Map(metadataProps.map(({ key, value }) => [key, value])),
  work: [opType, ...input.flatMap((read) => parameters.get(read) ?? [])].join(' '),
});

/** The names besides its tensor's that a candidate answers to: its node, the modules whose output it is, and their short names. */
function findAliases(model: OnnxModel, candidates: readonly LayerCandidate[]): string[][] {
  const aliases = candidates.map(({ name, node }) => (node.name === '' || node.name === name ? [] : [node.name]));
  const parameters = parameterNames(model);
  const modules = moduleOutputs(candidates.map(({ node }) => named(node, parameters)));
  for (const [path, position] of modules) {
    const short = shortName(path);
    const own = aliases[position]!;
    own.push(path);
    if (short !== path && !modules.has(short) && !/^\d+$/.test(short)) own.push(short);
  }
  const tensors = new Set(candidates.map(({ name }) => name));
  return aliases.map((own) => [...new Set(own)].filter((alias) => !tensors.has(alias)));
}

/** Describes the layers of a model, in the order of execution. Every candidate must have a known type. */
export function describeLayers(
  model: OnnxModel,
  candidates: readonly LayerCandidate[],
  types: ReadonlyMap<string, TensorType>,
  input: { readonly name: string; readonly layout: Layout },
): LayerInfo[] {
  const stored = storedTensors(model);
  const layouts = new Map<string, Layout>([[input.name, input.layout]]);
  const aliases = findAliases(model, candidates);
  return candidates.map(({ name, node }, position): LayerInfo => {
    const lengths = types.get(name)?.shape ?? null;
    const layout = lengths === null ? 'N*' : outputLayout(node, lengths.length, layouts);
    layouts.set(name, layout);
    return {
      name,
      aliases: aliases[position]!,
      kind: operatorKind(node.opType, node.input.map((read) => stored.has(read))),
      operator: node.opType,
      shape: lengths && [null, ...lengths.slice(1).map((length) => (typeof length === 'number' ? length : null))],
      layout,
    };
  });
}
