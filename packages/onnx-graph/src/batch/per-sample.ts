import type { NodeProto } from 'onnx-buf';
import { normalDomain } from '../model/opset.ts';
import { attributeInt, attributeInts } from '../node/attributes.ts';
import { normalAxis } from '../shapes/dimension.ts';

/** Operators on the values of their first input, one sample at a time wherever their output keeps the batch axis in front. */
const OF_ONE: ReadonlySet<string> = new Set([
  'Abs', 'Acos', 'Acosh', 'ArgMax', 'ArgMin', 'Asin', 'Asinh', 'Atan', 'Atanh', 'AveragePool', 'BatchNormalization', 'Cast', 'Ceil', 'Celu', 'Clip', 'Conv',
  'ConvTranspose', 'Cos', 'Cosh', 'DepthToSpace', 'Dropout', 'Elu', 'Erf', 'Exp', 'Flatten', 'Floor', 'Gelu', 'GlobalAveragePool', 'GlobalLpPool',
  'GlobalMaxPool', 'GroupNormalization', 'HardSigmoid', 'HardSwish', 'Identity', 'InstanceNormalization', 'IsInf', 'IsNaN', 'LRN', 'LeakyRelu', 'Log',
  'LpPool', 'MaxPool', 'Mish', 'Neg', 'Not', 'Pad', 'Reciprocal', 'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean',
  'ReduceMin', 'ReduceProd', 'ReduceSum', 'ReduceSumSquare', 'Relu', 'Reshape', 'Resize', 'Round', 'Selu', 'Shrink', 'Sigmoid', 'Sign', 'Sin', 'Sinh',
  'Slice', 'Softplus', 'Softsign', 'SpaceToDepth', 'Split', 'Sqrt', 'Squeeze', 'Tan', 'Tanh', 'ThresholdedRelu', 'Tile', 'Transpose', 'Unsqueeze',
]);

/** Operators that combine values at equal places of inputs that broadcast to one shape. */
const BROADCASTING: ReadonlySet<string> = new Set([
  'Add', 'And', 'Div', 'Equal', 'Expand', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Max', 'Mean', 'Min', 'Mod', 'Mul', 'Or', 'PRelu', 'Pow', 'Sub',
  'Sum', 'Where', 'Xor',
]);

/** Operators along one axis, which must not be the batch; with the axis that they take where none is stated. */
const ALONG_AXIS: Readonly<Record<string, (opset: number) => number>> = {
  Hardmax: (opset) => (opset >= 13 ? -1 : 1),
  LayerNormalization: () => -1,
  LogSoftmax: (opset) => (opset >= 13 ? -1 : 1),
  LpNormalization: () => -1,
  RMSNormalization: () => -1,
  Softmax: (opset) => (opset >= 13 ? -1 : 1),
  TopK: () => -1,
};

/** What is known where a node stands. */
export interface SampleSite {
  readonly opset: number;
  /** Number of axes of its output. */
  readonly rank: number;
  /** Number of axes of a tensor. */
  readonly rankOf: (name: string) => number;
  /** Whether a tensor has a row per sample. */
  readonly dependent: (name: string) => boolean;
}

/** A product of matrices: the batch is an axis of stacks of them, or the rows of the first one alone. */
function isProductPerSample({ input: [a = '', b = ''] }: NodeProto, { rank, rankOf, dependent }: SampleSite): boolean {
  if (dependent(a) && rankOf(a) !== rank) return false;
  return !dependent(b) || (rank >= 3 && rankOf(b) === rank);
}

/** Whether a node, whose output has the batch axis in front, computes every sample from that sample alone. */
export function keepsSamplesApart(node: NodeProto, site: SampleSite): boolean {
  const { opType, input } = node;
  const { opset, rank, rankOf, dependent } = site;
  if (normalDomain(node.domain) !== '') return false;
  // From the right, where broadcasting starts, the batch axes of all inputs have to be the same one.
  if (BROADCASTING.has(opType)) return input.every((name) => !dependent(name) || rankOf(name) === rank);
  if (opType === 'Concat') return input.every(dependent);
  if (opType === 'MatMul') return isProductPerSample(node, site);
  if (opType === 'Gemm') {
    return attributeInt(node, 'transA', 0) === 0 && !dependent(input[1] ?? '') && (!dependent(input[2] ?? '') || rankOf(input[2] ?? '') === rank);
  }
  // Picked from a table by each sample, or from each sample at the same places.
  if (opType === 'Gather') return dependent(input[0] ?? '') !== dependent(input[1] ?? '');
  if (input.slice(1).some(dependent)) return false;
  const axis = ALONG_AXIS[opType];
  if (axis) return normalAxis(attributeInt(node, 'axis', axis(opset)), rank) > 0;
  if (opType === 'BatchNormalization' && attributeInt(node, 'training_mode', 0) === 1) return false;
  // Indices count through the whole batch.
  if (opType === 'MaxPool' && (node.output[1] ?? '') !== '') return false;
  if (opType === 'Transpose' && attributeInts(node, 'perm', [1])[0] !== 0) return false;
  return OF_ONE.has(opType);
}
