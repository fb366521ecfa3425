import type { LinearOperation } from '@pellucid/core';
import type { NodeProto } from '@pellucid/onnx-graph';
import type { Emitter } from '../engine/emitter.ts';
import { trueDerivative } from '../engine/true-derivative.ts';

/** A Gemm needs its third operand before opset 11. */
const needsBias = (emit: Emitter, { opType }: NodeProto): boolean => opType === 'Gemm' && emit.opset < 11;

/**
 * A node with weights as a linear operation whose operands can be exchanged.
 * @param parts - the layer and the sum with its bias, where the node stands for these
 */
export function linearOperation(emit: Emitter, node: NodeProto, parts: readonly NodeProto[] | undefined): LinearOperation<string> {
  const [, weight = '', bias = ''] = node.input;
  const layer = parts?.[0] ?? node;
  return {
    weight,
    bias: bias === '' ? null : bias,
    forward(input, otherWeight, otherBias) {
      // A bias in a sum of its own has the shape for that.
      const inside = parts === undefined ? otherBias : null;
      const last = inside ?? (needsBias(emit, layer) ? emit.scalar(0, input) : null);
      const result = emit.op(layer.opType, last === null ? [input, otherWeight] : [input, otherWeight, last], layer.attribute);
      return parts === undefined || otherBias === null ? result : emit.op('Add', [result, otherBias]);
    },
    backward(gradient, otherWeight) {
      const inputs = [layer.input[0] ?? '', otherWeight, ...layer.input.slice(2)];
      const [result] = trueDerivative(emit, layer, inputs.map((_, i) => i === 0), [gradient], inputs);
      return result ?? emit.fail('its transposed operation is not known');
    },
  };
}
