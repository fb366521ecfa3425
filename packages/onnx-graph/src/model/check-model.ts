import { PellucidError } from '@pellucid/core';
import { TensorProto_DataLocation, type GraphProto, type NodeProto, type TensorProto } from 'onnx-buf';
import { attributeGraphs } from '../node/attributes.ts';
import { nodeTitle } from '../node/node.ts';
import { tensorProblem } from '../tensor/check-tensor.ts';
import { normalDomain } from './opset.ts';
import type { OnnxModel } from './onnx-model.ts';

/** A MODEL_INVALID error about an ONNX file. */
export function invalid(model: string, problem: string, help = 'Export the model again.'): PellucidError {
  return new PellucidError('MODEL_INVALID', { model, format: 'ONNX', problem, help });
}

/** Throws unless versions, names, order and constants of a model agree with each other. */
export function checkModel(model: OnnxModel): void {
  const { name, proto, graph } = model;
  if (proto.irVersion <= 0n) throw invalid(name, 'it states no IR version', 'Check that the file is an ONNX model.');
  if (proto.opsetImport.length === 0) throw invalid(name, 'it imports no operator set', 'Check that the file is an ONNX model.');
  if (graph.node.length === 0) throw invalid(name, 'its graph has no nodes', 'Check that the file is an ONNX model.');
  if (graph.output.length === 0) throw invalid(name, 'its graph has no output', 'Check that the file is an ONNX model.');
  const domains = new Set(proto.opsetImport.map(({ domain }) => normalDomain(domain)));
  checkGraph(model, graph, new Set(), domains);
}

function checkGraph(model: OnnxModel, graph: GraphProto, outer: ReadonlySet<string>, domains: ReadonlySet<string>): void {
  const known = new Set(outer);
  const made = declareSources(model, graph, known);
  const producers = new Map(graph.node.flatMap((node) => node.output.filter((output) => output !== '').map((output) => [output, node])));
  for (const node of graph.node) {
    checkNode(model, node, known, producers, domains);
    for (const output of node.output) {
      if (output === '') continue;
      if (made.has(output)) throw invalid(model.name, `tensor \`${output}\` of node \`${nodeTitle(node)}\` is defined more than once`);
      made.add(output);
      known.add(output);
    }
  }
  const listed = new Set<string>();
  for (const { name } of graph.output) {
    if (!known.has(name)) throw invalid(model.name, `no node makes the output \`${name}\``);
    if (listed.has(name)) throw invalid(model.name, `the output \`${name}\` is listed twice`);
    listed.add(name);
  }
}

/** Checks inputs and constants of a graph and adds their names to `known`. */
function declareSources(model: OnnxModel, graph: GraphProto, known: Set<string>): Set<string> {
  const made = new Set<string>();
  for (const { name } of graph.input) {
    if (made.has(name)) throw invalid(model.name, `the input \`${name}\` is listed twice`);
    made.add(name);
  }
  const constants = new Set<string>();
  for (const tensor of graph.initializer) {
    checkTensor(model, tensor, `tensor \`${tensor.name}\``);
    if (constants.has(tensor.name)) throw invalid(model.name, `the constant \`${tensor.name}\` is stored twice`);
    constants.add(tensor.name);
  }
  for (const { values } of graph.sparseInitializer) if (values) constants.add(values.name);
  // Before IR version 4 every constant is listed among the inputs too.
  for (const name of constants) made.add(name);
  for (const name of made) known.add(name);
  return made;
}

function checkNode(
  model: OnnxModel, node: NodeProto, known: ReadonlySet<string>, producers: ReadonlyMap<string, NodeProto>, domains: ReadonlySet<string>,
): void {
  const title = nodeTitle(node);
  if (node.opType === '') throw invalid(model.name, `node \`${title}\` names no operator`);
  if (!domains.has(normalDomain(node.domain))) {
    throw invalid(model.name, `node \`${title}\` (${node.opType}) belongs to the operator set \`${normalDomain(node.domain) || 'ai.onnx'}\`, which is not imported`);
  }
  for (const input of node.input) {
    if (input === '' || known.has(input)) continue;
    const later = producers.get(input);
    throw invalid(model.name, later
      ? `node \`${title}\` reads \`${input}\`, which only a later node \`${nodeTitle(later)}\` makes: the graph is cyclic, or one inside a node not sorted`
      : `node \`${title}\` reads \`${input}\`, which nothing makes`);
  }
  for (const { name, t } of node.attribute) if (t) checkTensor(model, t, `attribute \`${name}\` of node \`${title}\``);
  for (const graph of attributeGraphs(node)) checkGraph(model, graph, known, domains);
}

function checkTensor(model: OnnxModel, tensor: TensorProto, where: string): void {
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    throw new PellucidError('MODEL_UNSUPPORTED', {
      model: model.name, problem: `${where} is stored in another file (external data)`, help: 'Load it from its path, or save it as one file.',
    });
  }
  const problem = tensorProblem(tensor);
  if (problem !== null) throw invalid(model.name, `${where} ${problem}`);
}
