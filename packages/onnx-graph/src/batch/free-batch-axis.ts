import { TensorProto_DataType as ElementType, type NodeProto, type TensorProto } from 'onnx-buf';
import { graphInputs, replaceParts, uniqueNames } from '../graph/edit-graph.ts';
import { copyWith, type OnnxModel } from '../model/onnx-model.ts';
import { normalDomain, opsetOf } from '../model/opset.ts';
import { attributeInt, attributeInts, attributeTensor } from '../node/attributes.ts';
import { normalAxis } from '../shapes/dimension.ts';
import { inferNode, inferShapes } from '../shapes/infer-shapes.ts';
import { constantType } from '../shapes/sources.ts';
import { declaredType, type TensorType } from '../shapes/tensor-type.ts';
import { int64Tensor, makeValueInfo } from '../tensor/make-tensor.ts';

/** The symbol of the freed axis. */
const BATCH = 'batch';

/** Operators that treat every sample alone wherever their output keeps the batch axis in front. */
const PER_SAMPLE: ReadonlySet<string> = new Set([
  'Abs', 'Add', 'AveragePool', 'BatchNormalization', 'Cast', 'Ceil', 'Celu', 'Clip', 'Concat', 'Conv', 'ConvTranspose', 'DepthToSpace', 'Div',
  'Dropout', 'Elu', 'Erf', 'Exp', 'Flatten', 'Floor', 'Gather', 'Gelu', 'Gemm', 'GlobalAveragePool', 'GlobalMaxPool', 'HardSigmoid', 'HardSwish',
  'Identity', 'InstanceNormalization', 'LRN', 'LeakyRelu', 'Log', 'MatMul', 'Max', 'MaxPool', 'Min', 'Mish', 'Mul', 'Neg', 'PRelu', 'Pad', 'Pow',
  'Reciprocal', 'ReduceL2', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceSum', 'Relu', 'Reshape', 'Resize', 'Selu', 'Sigmoid', 'Slice',
  'Softplus', 'Softsign', 'SpaceToDepth', 'Split', 'Sqrt', 'Squeeze', 'Sub', 'Sum', 'Tanh', 'Transpose', 'Unsqueeze', 'Where',
]);

/** Operators that normalise over an axis, which must not be the batch. */
const ALONG_AXIS: ReadonlySet<string> = new Set(['LayerNormalization', 'LogSoftmax', 'Softmax']);

function keepsSamplesApart(node: NodeProto, opset: number, rank: number, dependent: (name: string) => boolean): boolean {
  if (normalDomain(node.domain) !== '') return false;
  if (ALONG_AXIS.has(node.opType)) {
    return normalAxis(attributeInt(node, 'axis', node.opType === 'LayerNormalization' || opset >= 13 ? -1 : 1), rank) > 0;
  }
  // Between matrices the first axis of the second factor is summed over; between stacks of matrices it is the batch.
  if (node.opType === 'MatMul' && dependent(node.input[1] ?? '') && rank < 3) return false;
  if (node.opType === 'BatchNormalization' && attributeInt(node, 'training_mode', 0) === 1) return false;
  // A weight or a second factor that depends on the sample would be shared between samples.
  const shared = node.opType === 'Conv' || node.opType === 'ConvTranspose' || node.opType === 'Gemm' ? node.input.slice(1, 2) : [];
  if (shared.some(dependent) || (node.opType === 'Gemm' && attributeInt(node, 'transA', 0) === 1)) return false;
  if (node.opType === 'Transpose' && attributeInts(node, 'perm', [1])[0] !== 0) return false;
  return PER_SAMPLE.has(node.opType);
}

/** The stored target of a Reshape whose first length is the batch of 1: the same with 0, which keeps the batch that comes in. */
function freedTarget(node: NodeProto, types: ReadonlyMap<string, TensorType>, stored: ReadonlyMap<string, TensorProto>): readonly number[] | null {
  const [x = '', target = ''] = node.input;
  const tensor = stored.get(target);
  if (node.opType !== 'Reshape' || !tensor || types.get(x)?.shape?.[0] !== BATCH || attributeInt(node, 'allowzero', 0) === 1) return null;
  const lengths = constantType(tensor).values;
  return lengths?.[0] === 1 && lengths.every((length) => typeof length === 'number') ? [0, ...lengths.slice(1)] : null;
}

/** The stored tensors of a graph, also those of Constant nodes. */
function storedTensors(model: OnnxModel): Map<string, TensorProto> {
  const stored = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const node of model.graph.node) {
    const value = node.opType === 'Constant' ? attributeTensor(node, 'value') : undefined;
    if (value) stored.set(node.output[0] ?? '', value);
  }
  return stored;
}

/** Whether a tensor that depends on the input has the freed shape: batch in front, everything else as for one sample. */
function isFreed(one: TensorType | undefined, freed: TensorType | undefined): boolean {
  if (!one?.shape || freed?.shape?.length !== one.shape.length) return false;
  return one.shape[0] === 1 && freed.shape[0] === BATCH && one.shape.slice(1).every((length, i) => length !== null && length === freed.shape?.[i + 1]);
}

/**
 * For a model whose inputs have a batch axis fixed at 1: a copy with a free one, where every operator provably treats the samples alone;
 * stored Reshape targets `[1, ...]` become `[0, ...]`. `null` where this cannot be shown, or where an input has no such axis.
 */
export function freeBatchAxis(model: OnnxModel): OnnxModel | null {
  const inputs = graphInputs(model);
  const fed = new Set(inputs.map(({ name }) => name));
  if (inputs.some((info) => declaredType(info)?.shape?.[0] !== 1)) return null;
  const opset = opsetOf(model);
  const single = inferShapes(model);
  const stored = storedTensors(model);
  const unique = uniqueNames(model);
  const types = new Map<string, TensorType>(model.graph.initializer.map((tensor) => [tensor.name, constantType(tensor)]));
  for (const info of inputs) {
    const type = declaredType(info);
    if (type) types.set(info.name, { elementType: type.elementType, shape: [BATCH, ...(type.shape ?? []).slice(1)] });
  }
  const dependent = new Set(fed);
  const initializer = [...model.graph.initializer];
  const nodes: NodeProto[] = [];
  for (const original of model.graph.node) {
    const target = freedTarget(original, types, stored);
    let node = original;
    if (target) {
      const tensor = int64Tensor(unique(`${original.input[1] ?? ''}/batch`), target);
      initializer.push(tensor);
      types.set(tensor.name, constantType(tensor));
      node = copyWith(original, { input: [original.input[0] ?? '', tensor.name] });
    }
    nodes.push(node);
    const inferred = inferNode(node, opset, types);
    const reads = node.input.some((name) => dependent.has(name));
    for (const [i, name] of node.output.entries()) {
      if (name === '') continue;
      types.set(name, inferred[i] ?? { elementType: 0, shape: null });
      if (!reads || isShapeArithmetic(node, types.get(name))) continue;
      const rank = single.get(name)?.shape?.length ?? 0;
      if (!isFreed(single.get(name), types.get(name)) || !keepsSamplesApart(node, opset, rank, (input) => dependent.has(input))) return null;
      dependent.add(name);
    }
  }
  if (model.graph.output.some(({ name }) => !dependent.has(name))) return null;
  const freed = (info: (typeof inputs)[number]): (typeof inputs)[number] => makeValueInfo(info.name, types.get(info.name) ?? { elementType: 0, shape: null });
  return replaceParts(model, {
    node: nodes, initializer, valueInfo: [],
    input: model.graph.input.map((info) => (fed.has(info.name) ? freed(info) : info)),
    output: model.graph.output.map(freed),
  });
}

/** Integers whose contents are all known, such as the shape of a tensor: what depends on them follows the freed shapes by itself. */
function isShapeArithmetic(node: NodeProto, type: TensorType | undefined): boolean {
  const followed = type?.values?.every((value) => value !== null) ?? false;
  return followed && (node.opType === 'Shape' || type?.elementType === Number(ElementType.INT64));
}
