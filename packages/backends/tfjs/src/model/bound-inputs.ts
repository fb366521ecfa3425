import { assertFinite, batchSize, equalShapes, formatShape, PellucidError, sizeOf, type Tensor } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

import { takeSamples } from './chunks.ts';
import { isFree, type DeclaredInput } from './describe-input.ts';

/** How many rows a pass has, or which samples of bound values these are. */
export type Rows = number | readonly number[];

/** An input that gets the same values whatever is explained. */
export interface BoundInput {
  readonly name: string;
  /** The number of samples that the values are for; null: they are repeated for every sample, or belong to none. */
  readonly samples: number | null;
  /** The tensor for a pass over rows that are these samples of the values, or any where there are values of one; the caller's scope frees it. */
  readonly feed: (rows: Rows) => tf.Tensor;
}

const DTYPES: ReadonlySet<string> = new Set(['float32', 'int32', 'bool']);

function mismatch(name: string, expected: string, actual: string): PellucidError {
  return new PellucidError('SHAPE_MISMATCH', {
    what: `value bound to input \`${name}\``,
    expected,
    actual,
    help: 'Bind the values of one sample; they are repeated along a free first axis.',
  });
}

/** @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, MODEL_UNSUPPORTED. */
function bindInput(model: string, { name, shape, dtype }: DeclaredInput, value: Tensor): BoundInput {
  const lengths = shape?.map((length) => (isFree(length) ? null : length));
  const wanted = lengths?.map((length, axis) => length ?? value.shape[axis] ?? -1) ?? value.shape;
  if (!equalShapes(value.shape, wanted) || sizeOf(value.shape) !== value.data.length) {
    throw mismatch(name, formatShape(lengths ?? value.shape), `${formatShape(value.shape)} with ${value.data.length} values`);
  }
  assertFinite(value, `value bound to input \`${name}\``);
  if (!DTYPES.has(dtype)) {
    throw new PellucidError('MODEL_UNSUPPORTED', {
      model,
      problem: `its input \`${name}\` holds ${dtype} values`,
      help: 'Values of type float32, int32 and bool can be bound.',
    });
  }
  // Shapes are known for layers; a graph that leaves one open has a free batch axis.
  const free = (lengths?.[0] ?? null) === null;
  const samplesFor = (rows: Rows): Tensor => {
    if (!free) return value;
    const samples = typeof rows === 'number' ? Array.from({ length: rows }, () => 0) : rows;
    return takeSamples(value, batchSize(value) === 1 ? samples.map(() => 0) : samples);
  };
  return {
    name,
    samples: free && batchSize(value) > 1 ? batchSize(value) : null,
    feed: (rows) => {
      const { shape, data } = samplesFor(rows);
      return tf.tensor(data, [...shape], dtype as 'float32' | 'int32' | 'bool');
    },
  };
}

/** Binds inputs to values. @throws SHAPE_MISMATCH, INPUT_NOT_FINITE; MODEL_UNSUPPORTED for types other than float32, int32 and bool. */
export function bindInputs(model: string, inputs: readonly DeclaredInput[], values: Readonly<Record<string, Tensor>>): BoundInput[] {
  return inputs.map((input) => bindInput(model, input, values[input.name]!));
}
