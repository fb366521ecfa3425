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

/** @throws INPUT_NOT_FINITE when a value is NaN or infinite. */
export function assertFinite(batch: Tensor, what: string): void {
  const { data } = batch;
  const { isFinite } = Number;
  // A loop: every value of every batch passes here, and `findIndex` takes several times as long.
  let index = 0;
  while (index < data.length && isFinite(data[index])) index++;
  if (index === data.length) return;
  const size = sampleSize(batch);
  throw new PellucidError('INPUT_NOT_FINITE', {
    what,
    sample: Math.floor(index / size),
    index: index % size,
    value: String(data[index]),
  });
}
