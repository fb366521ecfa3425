import { PellucidError } from '@pellucid/core';
import { TensorProto_DataType as ElementType, type TensorProto } from 'onnx-buf';
import { decodeSmallFloat, SMALL_FLOATS } from './small-floats.ts';

/** The numbers of a stored tensor. 64-bit integers are float64 numbers, exact up to 2^53; booleans are 0 and 1. */
export type NumericArray =
  | Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** A copy whose start is aligned for any typed array. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  // Not `bytes.slice()`: that of a Node Buffer shares memory.
  return new Uint8Array(bytes).buffer;
}

/** Values of `bits` bits each, lowest first in each byte. */
function unpack(bytes: ArrayLike<number>, bits: number, count: number, signed: boolean): Int8Array {
  const perByte = 8 / bits;
  const half = 2 ** (bits - 1);
  return Int8Array.from({ length: count }, (_, i) => {
    const value = (bytes[Math.floor(i / perByte)]! >> ((i % perByte) * bits)) & (2 ** bits - 1);
    return signed && value >= half ? value - 2 * half : value;
  });
}

function smallFloats(bits: ArrayLike<number>, format: Parameters<typeof decodeSmallFloat>[1]): Float32Array {
  return Float32Array.from(bits, (pattern) => decodeSmallFloat(pattern, format));
}

type Reader = (tensor: TensorProto, count: number) => NumericArray;

const isRaw = (tensor: TensorProto): boolean => tensor.rawData.length > 0;
const bytesOf = (tensor: TensorProto): ArrayLike<number> => (isRaw(tensor) ? tensor.rawData : tensor.int32Data);
const wordsOf = (tensor: TensorProto): ArrayLike<number> => (isRaw(tensor) ? new Uint16Array(aligned(tensor.rawData)) : tensor.int32Data);

const READERS: Readonly<Partial<Record<number, Reader>>> = {
  [ElementType.FLOAT]: (t) => {
    if (!isRaw(t)) return Float32Array.from(t.floatData);
    const { buffer, byteOffset, byteLength } = t.rawData;
    return byteOffset % 4 === 0 ? new Float32Array(buffer, byteOffset, byteLength / 4) : new Float32Array(aligned(t.rawData));
  },
  [ElementType.DOUBLE]: (t) => (isRaw(t) ? new Float64Array(aligned(t.rawData)) : Float64Array.from(t.doubleData)),
  [ElementType.INT64]: (t) => Float64Array.from(isRaw(t) ? new BigInt64Array(aligned(t.rawData)) : t.int64Data, Number),
  [ElementType.UINT64]: (t) => Float64Array.from(isRaw(t) ? new BigUint64Array(aligned(t.rawData)) : t.uint64Data, Number),
  [ElementType.INT32]: (t) => (isRaw(t) ? new Int32Array(aligned(t.rawData)) : Int32Array.from(t.int32Data)),
  [ElementType.UINT32]: (t) => (isRaw(t) ? new Uint32Array(aligned(t.rawData)) : Uint32Array.from(t.uint64Data, Number)),
  [ElementType.INT16]: (t) => (isRaw(t) ? new Int16Array(aligned(t.rawData)) : Int16Array.from(t.int32Data)),
  [ElementType.UINT16]: (t) => (isRaw(t) ? new Uint16Array(aligned(t.rawData)) : Uint16Array.from(t.int32Data)),
  [ElementType.INT8]: (t) => (isRaw(t) ? new Int8Array(aligned(t.rawData)) : Int8Array.from(t.int32Data)),
  [ElementType.UINT8]: (t) => Uint8Array.from(bytesOf(t)),
  [ElementType.BOOL]: (t) => Uint8Array.from(bytesOf(t)),
  [ElementType.INT4]: (t, count) => unpack(bytesOf(t), 4, count, true),
  [ElementType.UINT4]: (t, count) => unpack(bytesOf(t), 4, count, false),
  [ElementType.INT2]: (t, count) => unpack(bytesOf(t), 2, count, true),
  [ElementType.UINT2]: (t, count) => unpack(bytesOf(t), 2, count, false),
  [ElementType.FLOAT16]: (t) => smallFloats(wordsOf(t), SMALL_FLOATS.float16),
  [ElementType.BFLOAT16]: (t) => smallFloats(wordsOf(t), SMALL_FLOATS.bfloat16),
  [ElementType.FLOAT8E4M3FN]: (t) => smallFloats(bytesOf(t), SMALL_FLOATS.e4m3fn),
  [ElementType.FLOAT8E4M3FNUZ]: (t) => smallFloats(bytesOf(t), SMALL_FLOATS.e4m3fnuz),
  [ElementType.FLOAT8E5M2]: (t) => smallFloats(bytesOf(t), SMALL_FLOATS.e5m2),
  [ElementType.FLOAT8E5M2FNUZ]: (t) => smallFloats(bytesOf(t), SMALL_FLOATS.e5m2fnuz),
  [ElementType.FLOAT8E8M0]: (t) => Float32Array.from(bytesOf(t), (bits) => (bits === 255 ? NaN : 2 ** (bits - 127))),
  [ElementType.FLOAT4E2M1]: (t, count) => smallFloats(unpack(bytesOf(t), 4, count, false), SMALL_FLOATS.e2m1),
};

/** Whether `tensorValues` can read tensors of a type: every type but text and complex numbers. */
export function isNumeric(elementType: number): boolean {
  return READERS[elementType] !== undefined;
}

/**
 * The values of a constant, row-major, from wherever the file keeps them. Aligned float32 weights are a view of the file.
 * @throws MODEL_UNSUPPORTED for text and complex numbers.
 */
export function tensorValues(tensor: TensorProto): NumericArray {
  const read = READERS[tensor.dataType];
  if (!read) {
    throw new PellucidError('MODEL_UNSUPPORTED', {
      model: tensor.name, problem: `its element type ${ElementType[tensor.dataType] ?? tensor.dataType} holds no real numbers`, help: '',
    });
  }
  return read(tensor, tensor.dims.reduce((product, length) => product * Number(length), 1));
}
