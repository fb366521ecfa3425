import { PellucidError } from '@pellucid/core';
import { NodeProtoSchema, OperatorSetIdProtoSchema, type AttributeProto, type FunctionProto, type NodeProto } from 'onnx-buf';
import { create } from '@bufbuild/protobuf';
import { attributeGraphs } from '../node/attributes.ts';
import { nodeTitle } from '../node/node.ts';
import { replaceParts, uniqueNames } from '../graph/edit-graph.ts';
import { invalid } from './check-model.ts';
import { bindNode } from './inline-graph.ts';
import { copyWith, type OnnxModel } from './onnx-model.ts';
import { normalDomain } from './opset.ts';

/** More nodes and calls than any network has: functions that call functions can grow without bound from a small file. */
const MOST_STEPS = 200_000;

const keyOf = (domain: string, name: string, overload: string): string => `${normalDomain(domain)}\n${name}\n${overload}`;
const keyOfNode = ({ domain, opType, overload }: NodeProto): string => keyOf(domain, opType, overload);

interface Expansion {
  readonly model: string;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly unique: (wanted: string) => string;
  readonly nodes: NodeProto[];
  /** Nodes and calls so far. */
  steps: number;
}

function expandNode(expansion: Expansion, node: NodeProto, callers: readonly string[]): void {
  const { model, functions, unique, nodes } = expansion;
  if (expansion.steps++ > MOST_STEPS) throw invalid(model, `its functions expand to more than ${MOST_STEPS} nodes`);
  const key = keyOfNode(node);
  const body = functions.get(key);
  if (body === undefined) {
    if (attributeGraphs(node).some((graph) => graph.node.some((inner) => functions.has(keyOfNode(inner))))) {
      throw new PellucidError('MODEL_UNSUPPORTED', { model, problem: `node \`${nodeTitle(node)}\` (${node.opType}) calls a function from a graph inside it`, help: 'Export the model without control flow.' });
    }
    nodes.push(node);
    return;
  }
  if (callers.includes(key)) throw invalid(model, `the function \`${body.name}\` calls itself`);
  if (node.input.length > body.input.length || node.output.length > body.output.length) {
    throw invalid(model, `node \`${nodeTitle(node)}\` has more inputs or outputs than the function \`${body.name}\``);
  }
  const names = new Map<string, string>();
  body.input.forEach((name, i) => names.set(name, node.input[i] ?? ''));
  body.output.forEach((name, i) => {
    // An input that is handed through needs a node that copies it.
    if (!names.has(name)) names.set(name, node.output[i] ?? '');
  });
  const rename = (name: string): string => {
    const found = names.get(name);
    if (found !== undefined && (found !== '' || body.input.includes(name))) return found;
    const made = unique(`${nodeTitle(node)}/${name}`);
    names.set(name, made);
    return made;
  };
  const values = new Map<string, AttributeProto>(body.attributeProto.map((attribute) => [attribute.name, attribute]));
  for (const attribute of node.attribute) values.set(attribute.name, attribute);
  for (const inner of body.node) {
    const bound = bindNode(inner, values, rename);
    const title = inner.name === '' ? '' : unique(`${nodeTitle(node)}/${inner.name}`);
    expandNode(expansion, copyWith(bound, { name: title, metadataProps: [...node.metadataProps, ...inner.metadataProps] }), [...callers, key]);
  }
  body.output.forEach((name, i) => {
    const output = node.output[i] ?? '';
    if (output !== '' && names.get(name) !== output) nodes.push(create(NodeProtoSchema, { opType: 'Identity', name: unique(output), input: [rename(name)], output: [output] }));
  });
}

/** The operator sets of a model and its functions; a function may use one that the model itself does not. */
function mergedImports(model: OnnxModel): OnnxModel['proto']['opsetImport'] {
  const imports = new Map(model.proto.opsetImport.map((entry) => [normalDomain(entry.domain), entry]));
  const own = new Set(model.proto.functions.map(({ domain }) => normalDomain(domain)));
  for (const { name, opsetImport } of model.proto.functions) {
    for (const { domain, version } of opsetImport) {
      const known = imports.get(normalDomain(domain));
      if (known === undefined) imports.set(normalDomain(domain), create(OperatorSetIdProtoSchema, { domain, version }));
      else if (known.version !== version && !own.has(normalDomain(domain))) {
        const problem = `its function \`${name}\` uses version ${version} of the operator set \`${normalDomain(domain) || 'ai.onnx'}\`, the model version ${known.version}`;
        throw new PellucidError('MODEL_UNSUPPORTED', { model: model.name, problem, help: 'Inline its functions (`onnx.inliner`).' });
      }
    }
  }
  return [...imports.values()];
}

/**
 * A model whose own functions are replaced by what they are made of. A model without functions stays as it is.
 * @throws MODEL_INVALID for functions that call themselves; MODEL_UNSUPPORTED for those of another operator set version.
 */
export function expandFunctions(model: OnnxModel): OnnxModel {
  if (model.proto.functions.length === 0) return model;
  const functions = new Map(model.proto.functions.map((body) => [keyOf(body.domain, body.name, body.overload), body]));
  const expansion: Expansion = { model: model.name, functions, unique: uniqueNames(model), nodes: [], steps: 0 };
  for (const node of model.graph.node) expandNode(expansion, node, []);
  const { proto, graph } = replaceParts(model, { node: expansion.nodes });
  return { name: model.name, graph, proto: copyWith(proto, { functions: [], opsetImport: mergedImports(model) }) };
}
