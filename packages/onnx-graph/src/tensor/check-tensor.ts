import { TensorProto_DataType as ElementType, type TensorProto } from 'onnx-buf';
import { rawLength } from './file-tensor.ts';

/** Bits that an element takes in `raw_data`. */
const BITS: Readonly<Partial<Record<number, number>>> = {
  [ElementType.FLOAT]: 32, [ElementType.UINT8]: 8, [ElementType.INT8]: 8, [ElementType.UINT16]: 16, [ElementType.INT16]: 16,
  [ElementType.INT32]: 32, [ElementType.INT64]: 64, [ElementType.BOOL]: 8, [ElementType.FLOAT16]: 16, [ElementType.DOUBLE]: 64,
  [ElementType.UINT32]: 32, [ElementType.UINT64]: 64, [ElementType.COMPLEX64]: 64, [ElementType.COMPLEX128]: 128,
  [ElementType.BFLOAT16]: 16, [ElementType.FLOAT8E4M3FN]: 8, [ElementType.FLOAT8E4M3FNUZ]: 8, [ElementType.FLOAT8E5M2]: 8,
  [ElementType.FLOAT8E5M2FNUZ]: 8, [ElementType.FLOAT8E8M0]: 8, [ElementType.UINT4]: 4, [ElementType.INT4]: 4,
  [ElementType.FLOAT4E2M1]: 4, [ElementType.UINT2]: 2, [ElementType.INT2]: 2,
};

/** The typed field that holds elements of a type when `raw_data` does not, and how many entries `count` of them take. */
function typedEntries(tensor: TensorProto, count: number): readonly [actual: number, expected: number] {
  switch (tensor.dataType as ElementType) {
    case ElementType.FLOAT: return [tensor.floatData.length, count];
    case ElementType.COMPLEX64: return [tensor.floatData.length, 2 * count];
    case ElementType.DOUBLE: return [tensor.doubleData.length, count];
    case ElementType.COMPLEX128: return [tensor.doubleData.length, 2 * count];
    case ElementType.INT64: return [tensor.int64Data.length, count];
    case ElementType.UINT32: case ElementType.UINT64: return [tensor.uint64Data.length, count];
    case ElementType.STRING: return [tensor.stringData.length, count];
    case ElementType.UINT4: case ElementType.INT4: case ElementType.FLOAT4E2M1: return [tensor.int32Data.length, Math.ceil(count / 2)];
    case ElementType.UINT2: case ElementType.INT2: return [tensor.int32Data.length, Math.ceil(count / 4)];
    default: return [tensor.int32Data.length, count];
  }
}

/** The shape of a stored tensor. */
export function tensorShape(tensor: TensorProto): number[] {
  return tensor.dims.map(Number);
}

/** What is wrong with a stored tensor, as the end of a sentence, or `null`. */
export function tensorProblem(tensor: TensorProto): string | null {
  const type = tensor.dataType;
  const bits = BITS[type];
  const shape = tensorShape(tensor);
  if (bits === undefined && type !== Number(ElementType.STRING)) return `has the unknown element type ${type}`;
  if (shape.some((length) => length < 0)) return `has a negative length in its shape [${shape.join(', ')}]`;
  const count = shape.reduce((product, length) => product * length, 1);
  const length = rawLength(tensor);
  if (bits !== undefined && length > 0) {
    const expected = Math.ceil((count * bits) / 8);
    return length === expected ? null
      : `holds ${length} bytes, but its shape [${shape.join(', ')}] takes ${expected}`;
  }
  const [actual, expected] = typedEntries(tensor, count);
  return actual === expected ? null : `holds ${actual} values, but its shape [${shape.join(', ')}] takes ${expected}`;
}
