import { attributeFloat, attributeInt, intAttribute, floatAttribute, intsAttribute } from '@pellucid/onnx-graph';
import { knownShape, squeeze, unsqueeze, type Emitter } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';
import { sumToShape } from '../engine/sum-to-shape.ts';

/** alpha op(a) op(b) of matrices. */
function product(emit: Emitter, a: string, b: string, alpha: number, transA: boolean, transB: boolean): string {
  if (!transA && !transB && alpha === 1) return emit.op('MatMul', [a, b]);
  const attributes = [floatAttribute('alpha', alpha), intAttribute('transA', transA ? 1 : 0), intAttribute('transB', transB ? 1 : 0)];
  // The third operand may be left out since opset 11.
  return emit.op('Gemm', emit.opset >= 11 ? [a, b] : [a, b, emit.scalar(0, a)], attributes);
}

/** y = alpha a' b' + beta c, where ' may transpose. */
export const gemm: GradientRule = ({ emit, node, dy, inputs, outputs: [y = ''], wanted }) => {
  const [a = '', b = '', c = ''] = inputs;
  const alpha = attributeFloat(node, 'alpha', 1);
  const beta = attributeFloat(node, 'beta', 1);
  const transA = attributeInt(node, 'transA', 0) === 1;
  const transB = attributeInt(node, 'transB', 0) === 1;
  const gradients = [
    () => (transA ? product(emit, b, dy, alpha, transB, true) : product(emit, dy, b, alpha, false, !transB)),
    () => (transB ? product(emit, dy, a, alpha, true, transA) : product(emit, a, dy, alpha, !transA, false)),
    () => sumToShape(emit, beta === 1 ? dy : emit.op('Mul', [dy, emit.scalar(beta, dy)]), c, [c, y]),
  ];
  return inputs.map((_, i) => (wanted[i] ? (gradients[i]?.() ?? null) : null));
};

function swapLast(emit: Emitter, x: string): string {
  const rank = knownShape(emit, x).length;
  const order = Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return emit.op('Transpose', [x], [intsAttribute('perm', order)]);
}

/** y = a b as NumPy's matmul; da = dy b^T, db = a^T dy, summed over broadcast leading axes. A vector is a matrix of one row or column. */
export const matMul: GradientRule = ({ emit, dy, inputs: [a = '', b = ''], wanted }) => {
  const rowVector = knownShape(emit, a).length === 1;
  const columnVector = knownShape(emit, b).length === 1;
  const left = rowVector ? unsqueeze(emit, a, [0]) : a;
  const right = columnVector ? unsqueeze(emit, b, [1]) : b;
  const rank = Math.max(knownShape(emit, left).length, knownShape(emit, right).length);
  const matrix = unsqueeze(emit, dy, [...(rowVector ? [rank - 2] : []), ...(columnVector ? [rank - 1] : [])]);
  const operands = [left, right];
  const da = (): string => {
    const sum = sumToShape(emit, emit.op('MatMul', [matrix, swapLast(emit, right)]), left, operands, 2);
    return rowVector ? squeeze(emit, sum, [0]) : sum;
  };
  const db = (): string => {
    const sum = sumToShape(emit, emit.op('MatMul', [swapLast(emit, left), matrix]), right, operands, 2);
    return columnVector ? squeeze(emit, sum, [1]) : sum;
  };
  return [wanted[0] ? da() : null, wanted[1] ? db() : null];
};
