import { assertFinite, batchSize, equalShapes, formatShape, PellucidError, sliceBatch, type Tensor } from '@pellucid/core';
import { declaredType, ElementType, type ValueInfoProto } from '@pellucid/onnx-graph';
import type { Tensor as EngineTensor } from 'onnxruntime-common';
import type { OnnxRuntime } from '../engine/onnxruntime-module.ts';

/** An input that gets the same values whatever is explained. */
export interface BoundInput {
  readonly name: string;
  /** The number of samples that the values are for; null: they are repeated for every sample, or belong to none. */
  readonly samples: number | null;
  /** The tensor for an execution of `count` samples. */
  readonly feed: (count: number) => EngineTensor;
}

function repeat({ shape, data }: Tensor, count: number): Tensor {
  const repeated = new Float32Array(count * data.length);
  for (let i = 0; i < count; i++) repeated.set(data, i * data.length);
  return { shape: [count, ...shape.slice(1)], data: repeated };
}

function engineTensor(engine: OnnxRuntime, elementType: number, { shape, data }: Tensor): EngineTensor | null {
  switch (elementType) {
    case ElementType.FLOAT:
      return new engine.Tensor('float32', data, shape);
    case ElementType.INT64:
      return new engine.Tensor('int64', BigInt64Array.from(data, (value) => BigInt(Math.round(value))), shape);
    case ElementType.INT32:
      return new engine.Tensor('int32', Int32Array.from(data), shape);
    case ElementType.BOOL:
      return new engine.Tensor('bool', Uint8Array.from(data, (value) => (value === 0 ? 0 : 1)), shape);
    default:
      return null;
  }
}

/**
 * Binds an input to values. Where its first axis is free and the values are for one sample, they are repeated for every sample.
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE; MODEL_UNSUPPORTED for element types other than float32, int64, int32 and bool.
 */
export function bindInput(engine: OnnxRuntime, model: string, info: ValueInfoProto, value: Tensor): BoundInput {
  const type = declaredType(info);
  const lengths = type?.shape?.map((length) => (typeof length === 'number' ? length : null)) ?? null;
  if (lengths !== null && !equalShapes(value.shape, lengths.map((length, axis) => length ?? value.shape[axis] ?? -1))) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: `value bound to input \`${info.name}\``,
      expected: formatShape(lengths),
      actual: formatShape(value.shape),
      help: 'Bind the values of one sample; they are repeated along a free first axis.',
    });
  }
  assertFinite(value, `value bound to input \`${info.name}\``);
  const elementType = type?.elementType ?? ElementType.FLOAT;
  if (engineTensor(engine, elementType, value) === null) {
    throw new PellucidError('MODEL_UNSUPPORTED', {
      model,
      problem: `its input \`${info.name}\` holds ${ElementType[elementType] ?? 'an unknown type'}`,
      help: 'Values of type float32, int64, int32 and bool can be bound.',
    });
  }
  const free = lengths?.[0] === null;
  // Where values of a whole batch do not fit, only types are probed: queries are checked.
  const one = free ? sliceBatch(value, 0, 1) : value;
  return {
    name: info.name,
    samples: free && batchSize(value) > 1 ? batchSize(value) : null,
    feed: (count) => {
      const tensor = engineTensor(engine, elementType, count === value.shape[0] || !free ? value : repeat(one, count));
      if (tensor === null) throw new Error(`internal: input ${info.name} was not checked`);
      return tensor;
    },
  };
}

/**
 * Checks that a query fits the bound values. Values for a whole batch can only be fed with that batch in one execution: which samples a smaller or a longer batch holds is not known.
 * @param size - samples of one execution, at most, or exactly where `padded`
 * @throws REQUEST_INVALID.
 */
export function checkBoundBatch(bound: readonly BoundInput[], model: string, count: number, { size, padded }: { readonly size: number; readonly padded: boolean }): void {
  const other = bound.find(({ samples }) => samples !== null && (samples !== count || count > size || (padded && count < size)));
  if (other === undefined) return;
  const problem = other.samples === count
    ? `input \`${other.name}\` is bound to the values of ${count} samples, but ${size} run at a time`
    : `input \`${other.name}\` is bound to the values of ${other.samples} samples, but the batch has ${count}`;
  const help = 'Methods repeat and select samples: bind the values of one sample, which are repeated, and explain the samples one by one.';
  throw new PellucidError('REQUEST_INVALID', { action: `ask \`${model}\``, problem, help });
}
