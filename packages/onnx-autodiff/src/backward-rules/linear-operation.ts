import type { LinearOperation } from '@pellucid/core';
import type { NodeProto } from '@pellucid/onnx-graph';
import type { Emitter } from '../engine/emitter.ts';
import { trueDerivative } from '../engine/true-derivative.ts';

/** A Gemm needs its third operand before opset 11. */
const needsBias = (emit: Emitter, { opType }: NodeProto): boolean => opType === 'Gemm' && emit.opset < 11;

/** A node with weights as a linear operation whose operands can be exchanged. */
export function linearOperation(emit: Emitter, node: NodeProto): LinearOperation<string> {
  const [, weight = '', bias = ''] = node.input;
  return {
    weight,
    bias: bias === '' ? null : bias,
    forward(input, otherWeight, otherBias) {
      const last = otherBias ?? (needsBias(emit, node) ? emit.scalar(0, input) : null);
      return emit.op(node.opType, last === null ? [input, otherWeight] : [input, otherWeight, last], node.attribute);
    },
    backward(gradient, otherWeight) {
      const inputs = [node.input[0] ?? '', otherWeight, ...node.input.slice(2)];
      const [result] = trueDerivative(emit, node, inputs.map((_, i) => i === 0), [gradient], inputs);
      return result ?? emit.fail('its transposed operation is not known');
    },
  };
}
