import type { ValueInfoProto } from 'onnx-buf';

/** Length of an axis: a number, a symbol such as `batch` or a multiple of one (`8*batch`), or `null` when unknown. */
export type Dimension = number | string | null;

/** What is known of a tensor before the model runs. */
export interface TensorType {
  /** As in ONNX's `TensorProto.DataType`; 0 when unknown. */
  readonly elementType: number;
  /** `null` when even the number of axes is unknown. */
  readonly shape: readonly Dimension[] | null;
  /** Row-major contents, where they are known and few: constants and what is computed from shapes. */
  readonly values?: readonly Dimension[] | undefined;
}

/** What a graph declares about one of its tensors. An axis without a length gets the symbol `<tensor>/<axis>`. */
export function declaredType({ name, type }: ValueInfoProto): TensorType | null {
  if (type?.value.case !== 'tensorType') return null;
  const { elemType, shape } = type.value.value;
  if (!shape) return { elementType: elemType, shape: null };
  const lengths = shape.dim.map(({ value }, axis): Dimension => {
    if (value.case === 'dimParam' && value.value !== '') return value.value;
    // Some exporters write a free axis as 0 or -1.
    return value.case === 'dimValue' && value.value > 0n ? Number(value.value) : `${name}/${axis}`;
  });
  return { elementType: elemType, shape: lengths };
}
