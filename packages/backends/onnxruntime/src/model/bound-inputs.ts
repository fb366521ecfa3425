import { equalShapes, formatShape, PellucidError, type Tensor } from '@pellucid/core';
import { declaredType, ElementType, type ValueInfoProto } from '@pellucid/onnx-graph';
import type { Tensor as EngineTensor } from 'onnxruntime-common';
import type { OnnxRuntime } from '../engine/onnxruntime-module.ts';

/** An input that gets the same values whatever is explained. */
export interface BoundInput {
  readonly name: string;
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
 * @throws SHAPE_MISMATCH; MODEL_UNSUPPORTED for element types other than float32, int64, int32 and bool.
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
  const elementType = type?.elementType ?? ElementType.FLOAT;
  if (engineTensor(engine, elementType, value) === null) {
    throw new PellucidError('MODEL_UNSUPPORTED', {
      model,
      problem: `its input \`${info.name}\` holds ${ElementType[elementType] ?? 'an unknown type'}`,
      help: 'Values of type float32, int64, int32 and bool can be bound.',
    });
  }
  const repeated = lengths?.[0] === null && value.shape[0] === 1;
  return {
    name: info.name,
    feed: (count) => {
      const tensor = engineTensor(engine, elementType, repeated ? repeat(value, count) : value);
      if (tensor === null) throw new Error(`internal: input ${info.name} was not checked`);
      return tensor;
    },
  };
}
