import type { OpKind } from '@pellucid/core';
import type { NodeProto } from '@pellucid/onnx-graph';

/** Operators that are linear, up to a constant, in all that depends on the input, or only move values. */
const LINEAR: ReadonlySet<string> = new Set([
  'Add', 'AveragePool', 'BatchNormalization', 'Cast', 'CastLike', 'CenterCropPad', 'Compress', 'Concat', 'Conv', 'ConvTranspose', 'CumSum', 'DepthToSpace',
  'Dropout', 'Expand', 'Flatten', 'Gather', 'GatherElements', 'GatherND', 'GlobalAveragePool', 'Identity', 'Mean', 'Neg', 'Pad',
  'ReduceMean', 'ReduceSum', 'Reshape', 'Resize', 'ReverseSequence', 'Scatter', 'ScatterElements', 'ScatterND', 'Slice', 'SpaceToDepth',
  'Split', 'Squeeze', 'Sub', 'Sum', 'Tile', 'Transpose', 'Trilu', 'Unsqueeze', 'Upsample', 'Where',
]);

/** Products are linear where one factor alone depends on the input, quotients where the divisor does not. */
const PRODUCTS: ReadonlySet<string> = new Set(['Einsum', 'Gemm', 'MatMul', 'Mul']);

/** Whether an operation is linear, up to a constant, in those of its inputs that a gradient flows to. */
export function isLinear({ opType }: NodeProto, wanted: readonly boolean[]): boolean {
  if (PRODUCTS.has(opType)) return wanted.slice(0, 2).filter(Boolean).length <= 1;
  if (opType === 'Div') return wanted[1] !== true;
  return LINEAR.has(opType);
}

/** Operators that are activations of their first operand where the others do not depend on the input. */
export const ONE_OPERAND: ReadonlySet<string> = new Set(['Clip', 'PRelu', 'Pow']);

/** Kinds of operations with weights. */
export const WEIGHTED: ReadonlySet<OpKind> = new Set<OpKind>(['conv', 'conv-transpose', 'dense']);
