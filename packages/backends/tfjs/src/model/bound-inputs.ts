import { assertFinite, batchSize, concatBatches, equalShapes, formatShape, PellucidError, sizeOf, sliceBatch, type Tensor } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

import { isFree, type DeclaredInput } from './describe-input.ts';

/** An input that gets the same values whatever is explained. */
export interface BoundInput {
  readonly name: string;
  /** The number of samples that the values are for; null: they are repeated for every sample, or belong to none. */
  readonly samples: number | null;
  /** The tensor for a pass over `count` samples, or over any single one; the caller's scope frees it. */
  readonly feed: (count: number | 'any') => tf.Tensor;
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
  const samplesFor = (count: number | 'any'): Tensor => {
    if (!free) return value;
    if (count === 'any') return sliceBatch(value, 0, 1);
    if (batchSize(value) === 1) return concatBatches(Array.from({ length: count }, () => value));
    return value;
  };
  return {
    name,
    samples: free && batchSize(value) > 1 ? batchSize(value) : null,
    feed: (count) => {
      const { shape, data } = samplesFor(count);
      return tf.tensor(data, [...shape], dtype as 'float32' | 'int32' | 'bool');
    },
  };
}

/** Binds inputs to values. @throws SHAPE_MISMATCH, INPUT_NOT_FINITE; MODEL_UNSUPPORTED for types other than float32, int32 and bool. */
export function bindInputs(model: string, inputs: readonly DeclaredInput[], values: Readonly<Record<string, Tensor>>): BoundInput[] {
  return inputs.map((input) => bindInput(model, input, values[input.name]!));
}

/**
 * Checks that a query fits the bound values. Values for a whole batch can only be fed with that batch in one pass: which samples a smaller or
 * a longer batch holds is not known.
 * @param size - samples of one pass, at most
 * @throws REQUEST_INVALID.
 */
export function checkBoundBatch(bound: readonly Pick<BoundInput, 'name' | 'samples'>[], model: string, count: number, size: number): void {
  const other = bound.find(({ samples }) => samples !== null && (samples !== count || count > size));
  if (other === undefined) return;
  const problem = other.samples === count
    ? `input \`${other.name}\` is bound to the values of ${count} samples, but ${size} run at a time`
    : `input \`${other.name}\` is bound to the values of ${other.samples} samples, but the batch has ${count}`;
  const help = 'Methods repeat and select samples: bind the values of one sample, which are repeated, and explain the samples one by one.';
  throw new PellucidError('REQUEST_INVALID', { action: `ask \`${model}\``, problem, help });
}
