import { create } from '@bufbuild/protobuf';
import {
  TensorProto_DataType as ElementType, TensorProtoSchema, TensorShapeProto_DimensionSchema, TypeProto_TensorSchema, TypeProtoSchema,
  ValueInfoProtoSchema, type TensorProto, type ValueInfoProto,
} from 'onnx-buf';
import type { TensorType } from '../shapes/tensor-type.ts';
import { encodeFloat16 } from './small-floats.ts';

/** Element types that this package writes. */
export type WritableElementType =
  | ElementType.FLOAT | ElementType.DOUBLE | ElementType.FLOAT16 | ElementType.INT64 | ElementType.INT32 | ElementType.BOOL;

/** The class of typed arrays that hold an element type as it is. */
const ARRAYS = { [ElementType.FLOAT]: Float32Array, [ElementType.DOUBLE]: Float64Array, [ElementType.INT32]: Int32Array } as const;

const isPlain = (elementType: WritableElementType): elementType is keyof typeof ARRAYS => elementType in ARRAYS;

function encode(elementType: WritableElementType, values: ArrayLike<number>): ArrayBufferView {
  if (isPlain(elementType)) {
    const Values = ARRAYS[elementType];
    return values instanceof Values ? values : new Values(values);
  }
  switch (elementType) {
    case ElementType.FLOAT16: return Uint16Array.from(values, encodeFloat16);
    case ElementType.INT64: return BigInt64Array.from(Array.from(values, BigInt));
    case ElementType.BOOL: return Uint8Array.from(values);
  }
}

/** A constant with the given row-major values. A typed array of its element type is not copied, and must not change afterwards. */
export function makeTensor(
  name: string, elementType: WritableElementType, shape: readonly number[], values: ArrayLike<number>,
): TensorProto {
  // Shared memory is as good: nothing here is written to or sent elsewhere.
  const { buffer, byteOffset, byteLength } = encode(elementType, values);
  return create(TensorProtoSchema, { name, dataType: elementType, dims: shape.map(BigInt), rawData: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength) });
}

/** A one-dimensional int64 constant: a shape, a list of axes. */
export function int64Tensor(name: string, values: readonly number[]): TensorProto {
  return makeTensor(name, ElementType.INT64, [values.length], values);
}

function dimension(length: number | string | null): ReturnType<typeof create<typeof TensorShapeProto_DimensionSchema>> {
  if (typeof length === 'number') return create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(length) } });
  if (typeof length === 'string') return create(TensorShapeProto_DimensionSchema, { value: { case: 'dimParam', value: length } });
  return create(TensorShapeProto_DimensionSchema);
}

/** Declares a graph input or output; one of unknown element type without a type, which an engine then infers. */
export function makeValueInfo(name: string, { elementType, shape }: TensorType): ValueInfoProto {
  if (elementType === ElementType.UNDEFINED) return create(ValueInfoProtoSchema, { name });
  const tensor = create(TypeProto_TensorSchema, { elemType: elementType, ...(shape && { shape: { dim: shape.map(dimension) } }) });
  return create(ValueInfoProtoSchema, { name, type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } }) });
}
