import { batchSize, convertLayout, equalShapes, formatShape, PellucidError, sampleData, type Layout, type Tensor } from '@pellucid/core';
import { difference, euclideanNorm } from '../statistics/norms.ts';

/** Maps with the layout of their axes. */
export interface LaidOutMaps {
  readonly values: Tensor;
  readonly layout: Layout;
}

/**
 * How far two maps of the same sample are apart, for each sample: |a - b| / max(|a|, |b|), Euclidean norms. 0 for equal maps, 2 at
 * most; symmetric, as neither map is the reference. Layouts may differ.
 * @throws SHAPE_MISMATCH when the maps differ in more than their layout.
 */
export function relativeL2(a: LaidOutMaps, b: LaidOutMaps): Float64Array {
  const other = convertLayout(b.values, b.layout, a.layout);
  if (!equalShapes(a.values.shape, other.shape)) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'second maps',
      expected: `${formatShape(a.values.shape)} (${a.layout})`,
      actual: `${formatShape(other.shape)} (${a.layout})`,
      help: 'Compare maps of the same samples, size and channels.',
    });
  }
  return Float64Array.from({ length: batchSize(a.values) }, (_, sample) => {
    const left = sampleData(a.values, sample);
    const right = sampleData(other, sample);
    const largest = Math.max(euclideanNorm(left), euclideanNorm(right));
    return largest === 0 ? 0 : euclideanNorm(difference(left, right)) / largest;
  });
}
