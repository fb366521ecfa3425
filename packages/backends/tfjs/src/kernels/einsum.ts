import * as tf from '@tensorflow/tfjs-core';

/** A tensor with a letter for each of its axes. */
interface Labelled {
  readonly values: tf.Tensor;
  readonly labels: readonly string[];
}

const lengthOf = ({ values, labels }: Labelled, wanted: readonly string[]): number =>
  wanted.reduce((product, label) => product * values.shape[labels.indexOf(label)]!, 1);

/** The axes in another order. */
function arrange({ values, labels }: Labelled, order: readonly string[]): tf.Tensor {
  const permutation = order.map((label) => labels.indexOf(label));
  return permutation.every((axis, i) => axis === i) ? values : tf.transpose(values, permutation);
}

/** Sums over the axes that neither the result nor the other operand has. */
function sumOwn(operand: Labelled, needed: readonly string[]): Labelled {
  const axes = operand.labels.flatMap((label, axis) => (needed.includes(label) ? [] : [axis]));
  if (axes.length === 0) return operand;
  return { values: tf.sum(operand.values, axes), labels: operand.labels.filter((label) => needed.includes(label)) };
}

/** The product of two operands, summed over what they share and the result lacks, as one batched matrix product. */
function multiply(first: Labelled, second: Labelled, result: readonly string[]): tf.Tensor {
  const shared = first.labels.filter((label) => second.labels.includes(label));
  const batch = shared.filter((label) => result.includes(label));
  const summed = shared.filter((label) => !result.includes(label));
  const rows = first.labels.filter((label) => !shared.includes(label));
  const columns = second.labels.filter((label) => !shared.includes(label));
  const [batches, inner] = [lengthOf(first, batch), lengthOf(first, summed)];
  const left = tf.reshape(arrange(first, [...batch, ...rows, ...summed]), [batches, lengthOf(first, rows), inner]);
  const right = tf.reshape(arrange(second, [...batch, ...summed, ...columns]), [batches, inner, lengthOf(second, columns)]);
  const shape = [...batch.map((label) => lengthOf(first, [label])), ...rows.map((label) => lengthOf(first, [label]))];
  // WebAssembly packs the right operand once per tensor: one that met a product as a row and as a column would be read wrongly.
  const multiplied = inner === 1 ? tf.mul(left, right) : tf.matMul(left, right);
  const product = tf.reshape(multiplied, [...shape, ...columns.map((label) => lengthOf(second, [label]))]);
  return arrange({ values: product, labels: [...batch, ...rows, ...columns] }, result);
}

/** The letters of each operand and of the result of an equation like `abc,cd->abd`. */
export function readEquation(equation: string): { readonly operands: readonly (readonly string[])[]; readonly result: readonly string[] } {
  const [left = '', right = ''] = equation.replace(/\s/g, '').split('->');
  return { operands: left.split(',').map((term) => [...term]), result: [...right] };
}

/** Kernel `Einsum`, for one or two operands, more of which the library does not accept, without repeated letters. */
export const einsum: tf.KernelFunc = ({ inputs, attrs }) => {
  const { operands, result } = readEquation((attrs as unknown as tf.EinsumAttrs).equation);
  if ([...operands, result].some((term) => new Set(term).size < term.length)) throw new Error('an operand of Einsum repeats a letter, or has an ellipsis');
  return tf.tidy(() => {
    const labelled = operands.map((labels, i) => {
      const others = operands.filter((_, other) => other !== i).flat();
      return sumOwn({ values: inputs[i] as tf.Tensor, labels }, [...result, ...others]);
    });
    const [first, second] = labelled as [Labelled, Labelled | undefined];
    return second === undefined ? tf.clone(arrange(first, result)) : multiply(first, second, result);
  });
};
