import type { LinearOperation } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

import type { Operation } from './operation-log.ts';

/** The operands of a linear operation. */
export interface LinearOperands {
  readonly weight: tf.Tensor;
  /** [channels], or of a shape that is added to the result. */
  readonly bias: tf.Tensor | null;
}

/** Weights and bias as the operation has them. */
export function ownOperands({ inputs }: Operation): LinearOperands {
  const [, weight, bias] = inputs;
  if (weight === undefined) throw new Error('internal: an operation with weights has two inputs');
  return { weight: weight.value, bias: bias?.value ?? null };
}

/** Two matrices each, as the kernel of matrix products takes them. */
const asMatrices = (value: tf.Tensor, like: tf.Tensor): tf.Tensor => (value.rank === like.rank ? value : tf.reshape(value, [-1, ...value.shape.slice(-2)]));

/** An operation with weights as a linear operation whose operands can be exchanged. */
export function linearOperation(operation: Operation, { weight, bias }: LinearOperands): LinearOperation<tf.Tensor> {
  const { kernel, attributes, inputs, outputs } = operation;
  const { name: inputName, value: x } = inputs[0]!;
  const { name: weightName } = inputs[1]!;
  const shape = outputs[0]!.shape;
  const run = (input: tf.Tensor, otherWeight: tf.Tensor): tf.Tensor =>
    tf.engine().runKernel(kernel, { [inputName]: input, [weightName]: otherWeight }, attributes);
  return {
    weight,
    bias,
    forward(input, otherWeight, otherBias) {
      const result = tf.reshape(run(input, otherWeight), shape);
      return otherBias === null ? result : tf.add(result, otherBias);
    },
    backward(gradient, otherWeight) {
      const config = tf.getGradient(kernel);
      const operands: Readonly<Record<string, tf.Tensor>> = { [inputName]: x, [weightName]: otherWeight };
      const saved = (config.inputsToSave ?? []).map((name) => operands[name]!);
      // A fused product of matrices has stacks of them as operands, whatever its result is.
      const arriving = kernel === 'BatchMatMul' ? asMatrices(gradient, x) : gradient;
      const compute = config.gradFunc(arriving, saved, attributes)[inputName];
      if (compute === undefined) throw new Error(`internal: ${kernel} has no gradient at its input`);
      return tf.reshape(compute(), x.shape);
    },
  };
}
