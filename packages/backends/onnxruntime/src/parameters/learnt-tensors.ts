import { sizeOf, type LayerName } from '@pellucid/core';
import { attributeTensor, ElementType, nodeReads, normalDomain, tensorProducers, type NodeProto, type OnnxModel, type TensorProto } from '@pellucid/onnx-graph';
import { dependentTensors, leadsToEnd } from '../graph/data-flow.ts';

/** What a layer learnt: constants of the graph, by name. */
export interface LearntTensors {
  readonly layer: LayerName;
  readonly tensors: ReadonlyMap<string, TensorProto>;
}

/** The inputs of an operator that may hold what it learnt. */
const SLOTS: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [1, 2, 3, 4], Conv: [1, 2], ConvTranspose: [1, 2], DeformConv: [1, 3], Einsum: [0, 1], GRU: [1, 2, 3], Gemm: [0, 1, 2], GroupNormalization: [1, 2],
  InstanceNormalization: [1, 2], LSTM: [1, 2, 3, 7], LayerNormalization: [1, 2], MatMul: [0, 1], PRelu: [1], RMSNormalization: [1], RNN: [1, 2, 3],
};

/** Operators that scale or shift: what they read behind a layer with weights is learnt as well, what they read before (the mean of a data set) is not. */
const ELEMENTWISE: ReadonlySet<string> = new Set(['Add', 'Mul']);

/** Operators whose result an addition of constants belongs to. */
const PRODUCTS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

/** Operators through which a constant stays what was learnt. */
const REARRANGEMENTS: ReadonlySet<string> = new Set(['Cast', 'Flatten', 'Identity', 'Reshape', 'Squeeze', 'Transpose', 'Unsqueeze']);

const READABLE: ReadonlySet<number> = new Set([ElementType.FLOAT, ElementType.FLOAT16]);

/** The constant that a value is, or is a rearrangement of. */
type ConstantOf = (name: string | undefined) => TensorProto | undefined;

function constantsOf(model: OnnxModel, producers: ReadonlyMap<string, NodeProto>): ConstantOf {
  const stored = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const find: ConstantOf = (name = '') => {
    const node = producers.get(name);
    if (node === undefined) return stored.get(name);
    if (node.opType === 'Constant') return attributeTensor(node, 'value');
    return REARRANGEMENTS.has(node.opType) ? find(node.input[0]) : undefined;
  };
  return find;
}

/** The name under which a constant is known in the graph: that of the node that gives it has no other. */
function nameOf(name: string, producers: ReadonlyMap<string, NodeProto>): string {
  const node = producers.get(name);
  return node === undefined || node.opType === 'Constant' ? name : nameOf(node.input[0] ?? '', producers);
}

/** Whether an addition of constants is the bias of the product that it reads. */
function biasOf(node: NodeProto, slot: number, producers: ReadonlyMap<string, NodeProto>): NodeProto | undefined {
  if (node.opType !== 'Add') return undefined;
  const product = producers.get(node.input[1 - slot] ?? '');
  return product !== undefined && PRODUCTS.has(product.opType) ? product : undefined;
}

/** A layer's own name, or where its result cannot be asked for that of the first layer behind it. */
function nearestLayer({ graph }: OnnxModel, name: string, layers: ReadonlySet<LayerName>): LayerName {
  const behind = new Set([name]);
  for (const node of layers.has(name) ? [] : graph.node) {
    if (!nodeReads(node).some((read) => behind.has(read))) continue;
    const found = node.output.find((output) => layers.has(output));
    if (found !== undefined) return found;
    for (const output of node.output) behind.add(output);
  }
  return name;
}

/**
 * The constants that the layers on the way from an input to the last node learnt, in the order of execution: weights, biases, statistics. A constant
 * that several layers read belongs to the first; a bias that is added to a product belongs to the product.
 * @param layers - names that can be asked for
 */
export function learntTensors(model: OnnxModel, input: string, layers: ReadonlySet<LayerName>): readonly LearntTensors[] {
  const producers = tensorProducers(model);
  const constantOf = constantsOf(model, producers);
  const dependent = dependentTensors(model, input);
  const leading = leadsToEnd(model);
  const behind = new Set<string>();
  const taken = new Set<string>();
  const found = new Map<LayerName, Map<string, TensorProto>>();

  const isLearnt = ({ opType }: NodeProto, { dataType, dims }: TensorProto): boolean =>
    READABLE.has(dataType) && (!ELEMENTWISE.has(opType) || sizeOf(dims.map(Number)) > 1);
  const slotsOf = (node: NodeProto): readonly number[] => {
    if (normalDomain(node.domain) !== '') return [];
    if (ELEMENTWISE.has(node.opType)) return node.input.some((name) => behind.has(name)) ? [0, 1] : [];
    return SLOTS[node.opType] ?? [];
  };

  for (const node of model.graph.node) {
    const [output = ''] = node.output;
    if (!dependent.has(output) || !leading.has(output)) continue;
    let learns = false;
    for (const slot of slotsOf(node)) {
      const constant = constantOf(node.input[slot]);
      if (constant === undefined || !isLearnt(node, constant)) continue;
      learns = true;
      const name = nameOf(node.input[slot] ?? '', producers);
      if (taken.has(name)) continue;
      taken.add(name);
      const layer = biasOf(node, slot, producers)?.output[0] ?? output;
      found.set(layer, (found.get(layer) ?? new Map<string, TensorProto>()).set(name, constant));
    }
    if (learns || nodeReads(node).some((name) => behind.has(name))) for (const name of node.output) behind.add(name);
  }
  // Several may share the layer behind them: each stays a step of its own.
  return [...found].map(([layer, tensors]) => ({ layer: nearestLayer(model, layer, layers), tensors }));
}
