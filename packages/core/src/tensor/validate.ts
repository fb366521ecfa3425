import { PellucidError } from '../errors/pellucid-error.ts';
import { sampleSize } from './batch.ts';
import type { TensorSpec } from './layout.ts';
import { formatShape, sizeOf, type Tensor } from './tensor.ts';

/** Checks a batch against what a model takes. @throws SHAPE_MISMATCH or INPUT_NOT_FINITE. */
export function validateBatch(batch: Tensor, spec: TensorSpec, what: string): void {
  const fits =
    batch.shape.length === spec.shape.length &&
    spec.shape.every((length, axis) => axis === 0 || length === null || length === batch.shape[axis]) &&
    sizeOf(batch.shape) > 0;
  if (!fits || batch.data.length !== sizeOf(batch.shape)) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what,
      expected: formatShape([null, ...spec.shape.slice(1)]),
      actual: fits ? `${formatShape(batch.shape)} with ${batch.data.length} values` : formatShape(batch.shape),
      help: `The layout is ${spec.layout}, with at least one sample; values are counted row-major.`,
    });
  }
  assertFinite(batch, what);
}

/**
 * Whether every value is finite. Every value of every batch passes here: 0 times a finite sum is 0, times any other NaN. Eight float32 numbers have a finite sum in
 * float64, so that eight take one product, and none a branch.
 */
export function isAllFinite(data: Float32Array): boolean {
  let sum = 0;
  let index = 0;
  for (; index + 7 < data.length; index += 8) {
    sum += (data[index]! + data[index + 1]! + data[index + 2]! + data[index + 3]! + data[index + 4]! + data[index + 5]! + data[index + 6]! + data[index + 7]!) * 0;
  }
  for (; index < data.length; index++) sum += data[index]! * 0;
  return sum === 0;
}

/** @throws INPUT_NOT_FINITE when a value is NaN or infinite. */
export function assertFinite(batch: Tensor, what: string): void {
  const { data } = batch;
  if (isAllFinite(data)) return;
  const index = data.findIndex((value) => !Number.isFinite(value));
  const size = sampleSize(batch);
  throw new PellucidError('INPUT_NOT_FINITE', {
    what,
    sample: Math.floor(index / size),
    index: index % size,
    value: String(data[index]),
  });
}
