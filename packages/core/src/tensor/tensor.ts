import { PellucidError } from '../errors/pellucid-error.ts';

/** A dense row-major array of 32-bit floats. `data.length` is the product of `shape`. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Number of values in a tensor of this shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** A tensor over existing data (not copied). @throws SHAPE_MISMATCH when the number of values differs. */
export function tensor(shape: readonly number[], data: Float32Array | readonly number[]): Tensor {
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  if (values.length !== sizeOf(shape)) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'data of a tensor',
      expected: `${formatShape(shape)} (${sizeOf(shape)} values)`,
      actual: `${values.length} values`,
      help: 'Give as many values as the shape has.',
    });
  }
  return { shape, data: values };
}

/** A tensor of zeros. */
export function zeros(shape: readonly number[]): Tensor {
  return { shape, data: new Float32Array(sizeOf(shape)) };
}

/** Applies a function of two values element by element; the shapes must be equal. */
export function zipWith(a: Tensor, b: Tensor, combine: (a: number, b: number) => number): Tensor {
  if (!equalShapes(a.shape, b.shape)) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'second tensor',
      expected: formatShape(a.shape),
      actual: formatShape(b.shape),
      help: 'Both tensors need the same shape.',
    });
  }
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = combine(a.data[i]!, b.data[i]!);
  return { shape: a.shape, data };
}

/** Applies a function to every value. */
export function mapValues(a: Tensor, transform: (value: number) => number): Tensor {
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = transform(a.data[i]!);
  return { shape: a.shape, data };
}

/** Whether two shapes have the same lengths in the same order. */
export function equalShapes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** A shape as text for messages: `[1, 3, 224, 224]`, a free axis as `?`. */
export function formatShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((length) => length ?? '?').join(', ')}]`;
}
