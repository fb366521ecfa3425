import * as tf from '@tensorflow/tfjs-core';

import { readEquation } from '../kernels/einsum.ts';

/**
 * A sum of products is linear in each operand: its gradient is the sum of products of the result's gradient with the other operand. Axes
 * that an operand alone has were summed, so that the gradient repeats along them. The library ships none.
 */
export const einsumGradient: tf.GradConfig = {
  kernelName: 'Einsum',
  saveAllInputs: true,
  gradFunc: (dy, saved, attrs) => {
    const { operands, result } = readEquation((attrs as unknown as tf.EinsumAttrs).equation);
    const gradientOf = (i: number): tf.Tensor => {
      const labels = operands[i]!;
      const others = operands.filter((_, other) => other !== i);
      const found = labels.filter((label) => result.includes(label) || others.flat().includes(label));
      const equation = `${[result, ...others].map((term) => term.join('')).join(',')}->${found.join('')}`;
      const gradient = tf.einsum(equation, dy as tf.Tensor, ...saved.filter((_, other) => other !== i));
      const { shape } = saved[i]!;
      const kept = shape.map((length, axis) => (found.includes(labels[axis]!) ? length : 1));
      return tf.tile(tf.reshape(gradient, kept), shape.map((length, axis) => length / kept[axis]!));
    };
    return Object.fromEntries(operands.map((_, i) => [i, () => gradientOf(i)]));
  },
};
