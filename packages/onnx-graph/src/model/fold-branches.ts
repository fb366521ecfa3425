import { create } from '@bufbuild/protobuf';
import { NodeProtoSchema, type GraphProto, type NodeProto, type TensorProto } from 'onnx-buf';
import { replaceParts, uniqueNames } from '../graph/edit-graph.ts';
import { attributeTensor } from '../node/attributes.ts';
import { nodeTitle } from '../node/node.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import { tensorValues } from '../tensor/tensor-values.ts';
import { checkModel, invalid } from './check-model.ts';
import { bindNode } from './inline-graph.ts';
import { copyWith, type OnnxModel } from './onnx-model.ts';

const isBranch = ({ opType, domain }: NodeProto): boolean => opType === 'If' && domain === '';

/** Values of stored booleans, by name. */
function storedConditions(model: OnnxModel): (name: string) => boolean | null {
  const inputs = new Set(model.graph.input.map(({ name }) => name));
  const stored = new Map<string, TensorProto>(model.graph.initializer.filter(({ name }) => !inputs.has(name)).map((tensor) => [tensor.name, tensor]));
  for (const node of model.graph.node) {
    const value = node.opType === 'Constant' ? attributeTensor(node, 'value') : undefined;
    if (value && node.output[0] !== undefined) stored.set(node.output[0], value);
  }
  const types = inferShapes(model);
  return (name) => {
    const tensor = stored.get(name);
    const value = tensor ? tensorValues(tensor)[0] : types.get(name)?.values?.[0];
    return typeof value === 'number' ? value !== 0 : null;
  };
}

interface Folding {
  readonly unique: (wanted: string) => string;
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
}

function inlineBranch(model: string, { unique, nodes, initializers }: Folding, node: NodeProto, branch: GraphProto): void {
  if (branch.output.length < node.output.length) throw invalid(model, `a branch of node \`${nodeTitle(node)}\` makes too few outputs`);
  const names = new Map<string, string>();
  for (const name of [...branch.initializer.map((tensor) => tensor.name), ...branch.node.flatMap(({ output }) => output)]) {
    if (name !== '' && !names.has(name)) names.set(name, unique(`${nodeTitle(node)}/${name}`));
  }
  // What the branch does not make it reads from around it.
  const rename = (name: string): string => names.get(name) ?? name;
  for (const tensor of branch.initializer) initializers.push(copyWith(tensor, { name: rename(tensor.name) }));
  for (const inner of branch.node) nodes.push(bindNode(inner, new Map(), rename));
  node.output.forEach((output, i) => {
    if (output === '') return;
    nodes.push(create(NodeProtoSchema, { opType: 'Identity', name: unique(output), input: [rename(branch.output[i]!.name)], output: [output] }));
  });
}

/** A model in which each `If` whose condition is stored, or follows from shapes, is replaced by the branch that it takes. */
export function foldBranches(model: OnnxModel): OnnxModel {
  if (!model.graph.node.some(isBranch)) return model;
  const condition = storedConditions(model);
  const folding: Folding = { unique: uniqueNames(model), nodes: [], initializers: [...model.graph.initializer] };
  let folded = false;
  for (const node of model.graph.node) {
    const taken = isBranch(node) ? condition(node.input[0] ?? '') : null;
    const branch = node.attribute.find(({ name }) => name === (taken === true ? 'then_branch' : 'else_branch'))?.g;
    if (taken === null || !branch) {
      folding.nodes.push(node);
      continue;
    }
    inlineBranch(model.name, folding, node, branch);
    folded = true;
  }
  if (!folded) return model;
  const result = replaceParts(model, { node: folding.nodes, initializer: folding.initializers });
  checkModel(result);
  // A branch may hold further ones.
  return foldBranches(result);
}
