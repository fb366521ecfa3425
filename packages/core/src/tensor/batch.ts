import { PellucidError } from '../errors/pellucid-error.ts';
import { equalShapes, formatShape, sizeOf, type Tensor } from './tensor.ts';

/** Number of samples: the length of the first axis. */
export function batchSize(batch: Tensor): number {
  return batch.shape[0] ?? 1;
}

/** Number of values of one sample. */
export function sampleSize(batch: Tensor): number {
  return sizeOf(batch.shape.slice(1));
}

/** The samples from `start` up to, not including, `end`: a view, nothing is copied. */
export function sliceBatch(batch: Tensor, start: number, end: number): Tensor {
  const size = sampleSize(batch);
  return { shape: [end - start, ...batch.shape.slice(1)], data: batch.data.subarray(start * size, end * size) };
}

/** The values of one sample: a view, nothing is copied. */
export function sampleData(batch: Tensor, sample: number): Float32Array {
  const size = sampleSize(batch);
  return batch.data.subarray(sample * size, (sample + 1) * size);
}

/** The samples at these positions, which may repeat, one after the other. */
export function selectSamples(batch: Tensor, positions: readonly number[]): Tensor {
  const size = sampleSize(batch);
  const data = new Float32Array(positions.length * size);
  positions.forEach((position, i) => { data.set(sampleData(batch, position), i * size); });
  return { shape: [positions.length, ...batch.shape.slice(1)], data };
}

/** Joins batches along the batch axis. @throws SHAPE_MISMATCH when the samples differ in shape. */
export function concatBatches(batches: readonly Tensor[]): Tensor {
  const [first] = batches;
  if (first === undefined) throw new Error('internal: concatBatches needs at least one batch');
  const count = batches.reduce((sum, batch) => sum + batchSize(batch), 0);
  const data = new Float32Array(count * sampleSize(first));
  let offset = 0;
  for (const batch of batches) {
    if (!equalShapes(batch.shape.slice(1), first.shape.slice(1))) {
      throw new PellucidError('SHAPE_MISMATCH', {
        what: 'samples of a batch',
        expected: formatShape(first.shape.slice(1)),
        actual: formatShape(batch.shape.slice(1)),
        help: 'All samples of a batch need the same shape.',
      });
    }
    data.set(batch.data, offset);
    offset += batch.data.length;
  }
  return { shape: [count, ...first.shape.slice(1)], data };
}
