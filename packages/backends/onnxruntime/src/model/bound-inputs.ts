import { assertFinite, batchSize, equalShapes, formatShape, PellucidError, sampleData, sampleSize, type Tensor } from '@pellucid/core';
import { declaredType, ElementType, type ValueInfoProto } from '@pellucid/onnx-graph';
import type { Tensor as EngineTensor } from 'onnxruntime-common';
import type { OnnxRuntime } from '../engine/onnxruntime-module.ts';

/** An input that gets the same values whatever is explained. */
export interface BoundInput {
  readonly name: string;
  /** The number of samples that the values are for; null: they are repeated for every sample, or belong to none. */
  readonly samples: number | null;
  /** The tensor for an execution of `count` rows, which are these samples where there are values of several. */
  readonly feed: (count: number, samples?: readonly number[]) => EngineTensor;
}

function take(values: Tensor, samples: readonly number[]): Tensor {
  const size = sampleSize(values);
  const data = new Float32Array(samples.length * size);
  for (const [row, sample] of samples.entries()) data.set(sampleData(values, sample), row * size);
  return { shape: [samples.length, ...values.shape.slice(1)], data };
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
  // Where types are probed, any sample does.
  const rows = (count: number, samples: readonly number[] = []): Tensor => (free ? take(value, Array.from({ length: count }, (_, row) => samples[row] ?? 0)) : value);
  return {
    name: info.name,
    samples: free && batchSize(value) > 1 ? batchSize(value) : null,
    feed: (count, samples) => {
      const tensor = engineTensor(engine, elementType, rows(count, batchSize(value) > 1 ? samples : undefined));
      if (tensor === null) throw new Error(`internal: input ${info.name} was not checked`);
      return tensor;
    },
  };
}
