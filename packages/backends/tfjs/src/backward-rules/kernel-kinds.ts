import type { OpKind } from '@pellucid/core';
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

/** What the operations of a tape are in the vocabulary that all engines share. Not listed: `other`. */
const KINDS: Readonly<Record<string, OpKind>> = {
  Abs: 'activation',
  Acos: 'activation',
  Acosh: 'activation',
  Add: 'add',
  AddN: 'add',
  Asin: 'activation',
  Asinh: 'activation',
  Atan: 'activation',
  Atanh: 'activation',
  AvgPool: 'average-pool',
  AvgPool3D: 'average-pool',
  BatchMatMul: 'matmul',
  BatchToSpaceND: 'reshape',
  Cast: 'identity',
  Concat: 'concat',
  Conv2D: 'conv',
  Conv2DBackpropInput: 'conv-transpose',
  Conv3D: 'conv',
  Conv3DBackpropInputV2: 'conv-transpose',
  Cos: 'activation',
  Cosh: 'activation',
  Cumsum: 'reduce',
  DepthToSpace: 'reshape',
  DepthwiseConv2dNative: 'conv',
  Einsum: 'matmul',
  Elu: 'elu',
  Erf: 'activation',
  Exp: 'activation',
  ExpandDims: 'reshape',
  Expm1: 'activation',
  FusedBatchNorm: 'batch-norm',
  GatherNd: 'slice',
  GatherV2: 'slice',
  Identity: 'identity',
  LeakyRelu: 'leaky-relu',
  Log: 'activation',
  Log1p: 'activation',
  Max: 'global-max-pool',
  MaxPool: 'max-pool',
  MaxPool3D: 'max-pool',
  Mean: 'reduce',
  Min: 'reduce',
  MirrorPad: 'pad',
  Multiply: 'multiply',
  Neg: 'subtract',
  Pack: 'concat',
  PadV2: 'pad',
  Pow: 'activation',
  Prelu: 'prelu',
  Prod: 'reduce',
  RealDiv: 'divide',
  Reciprocal: 'activation',
  Relu: 'relu',
  Relu6: 'clip',
  Reshape: 'reshape',
  ResizeBilinear: 'resize',
  ResizeNearestNeighbor: 'resize',
  Rsqrt: 'activation',
  Selu: 'selu',
  Sigmoid: 'sigmoid',
  Sin: 'activation',
  Sinh: 'activation',
  Slice: 'slice',
  Softmax: 'softmax',
  Softplus: 'softplus',
  SpaceToBatchND: 'reshape',
  SplitV: 'slice',
  Sqrt: 'activation',
  Square: 'activation',
  StridedSlice: 'slice',
  Sub: 'subtract',
  Sum: 'reduce',
  Tan: 'activation',
  Tanh: 'tanh',
  Tile: 'reshape',
  Transpose: 'transpose',
  Unpack: 'slice',
  logSoftmax__op: 'softmax',
};

/** An operation as far as its kind depends on it. */
export interface KernelUse {
  readonly kernel: string;
  readonly attributes: NamedAttrMap;
  /** Those that depend on the model's input first, where their order does not matter. */
  readonly inputs: readonly Tensor[];
  /** Of each input, whether it never changes. */
  readonly stored: readonly boolean[];
}

/** Operations that are activations of their first operand where the others do not depend on the input. */
const ONE_OPERAND: ReadonlySet<string> = new Set(['Pow', 'Prelu']);

/** Operations that may be an activation by another name: they keep their operand between two numbers. */
export const BOUNDS: ReadonlySet<string> = new Set(['ClipByValue', 'Maximum', 'Minimum']);

/** The greatest number of single precision: a bound from here on is none. */
const GREATEST = 3.4028234e38;

/** `relu` for what keeps what is positive, whichever way that is written; `clip` for other bounds. */
function boundKind({ kernel, attributes, inputs, stored }: KernelUse): OpKind {
  const [low, high] = ((): readonly [number, number] => {
    if (kernel === 'ClipByValue') return [Number(attributes['clipValueMin']), Number(attributes['clipValueMax'])];
    const bound = stored[1] === true && inputs[1]?.size === 1 ? inputs[1].dataSync()[0] : undefined;
    if (bound === undefined) return [NaN, NaN];
    return kernel === 'Maximum' ? [bound, Infinity] : [-Infinity, bound];
  })();
  if (Number.isNaN(low) || Number.isNaN(high)) return 'other';
  return low === 0 && high >= GREATEST ? 'relu' : 'clip';
}

/** Whether a reduction takes height and width of an image away, and nothing else. */
function poolsGlobally({ attributes, inputs }: KernelUse): boolean {
  const axes = attributes['axis'] ?? attributes['reductionIndices'];
  if (inputs[0]?.rank !== 4 || !Array.isArray(axes)) return false;
  return axes.map((axis) => (Number(axis) + 4) % 4).sort().join() === '1,2';
}

/** The kind of an operation. A matrix product with stored weights is a dense layer, a look-up in stored rows an embedding. */
export function kernelKind(use: KernelUse): OpKind {
  const { kernel, stored } = use;
  if (kernel === 'BatchMatMul' && stored[1] === true) return 'dense';
  if (kernel === 'GatherV2' && stored[0] === true) return 'embedding';
  if (kernel === 'Mean' && poolsGlobally(use)) return 'global-average-pool';
  if (ONE_OPERAND.has(kernel) && !stored.slice(1).every(Boolean)) return 'other';
  if (BOUNDS.has(kernel)) return boundKind(use);
  return KINDS[kernel] ?? 'other';
}

/** Operations that are linear, up to a constant, in all that depends on the input, or only move values. */
const LINEAR: ReadonlySet<string> = new Set([
  'Add', 'AddN', 'AvgPool', 'AvgPool3D', 'BatchToSpaceND', 'Cast', 'Concat', 'Conv2D', 'Conv2DBackpropInput', 'Conv3D', 'Conv3DBackpropInputV2',
  'Cumsum', 'DepthToSpace', 'DepthwiseConv2dNative', 'ExpandDims', 'GatherNd', 'GatherV2', 'Identity', 'Mean', 'MirrorPad', 'Neg', 'Pack',
  'PadV2', 'Reshape', 'ResizeBilinear', 'ResizeNearestNeighbor', 'Reverse', 'Select', 'Slice', 'SpaceToBatchND', 'SplitV', 'StridedSlice',
  'Sub', 'Sum', 'Tile', 'Transpose', 'Unpack',
]);

/** Products are linear where one factor alone depends on the input. */
const PRODUCTS: ReadonlySet<string> = new Set(['BatchMatMul', 'Einsum', 'Multiply']);

/** Whether an operation is linear, up to a constant, in those of its inputs that a gradient flows to. */
export function isLinear(kernel: string, wanted: readonly boolean[]): boolean {
  if (PRODUCTS.has(kernel)) return wanted.filter(Boolean).length <= 1;
  if (kernel === 'RealDiv') return wanted[1] !== true;
  // Statistics that depend on the input make it layer normalisation.
  if (kernel === 'FusedBatchNorm') return wanted.slice(1).every((statistic) => !statistic);
  return LINEAR.has(kernel);
}

/** Kinds of operations with weights. */
export const WEIGHTED: ReadonlySet<OpKind> = new Set<OpKind>(['conv', 'conv-transpose', 'dense']);
