import { sampleData, sampleSize } from '../tensor/batch.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Points b + p (x - b) on the straight paths from a baseline to its sample: one for each of these samples of a batch and its share p of the way. */
export function pointsOnPath(input: Tensor, baseline: Tensor, samples: readonly number[], shares: ArrayLike<number>): Tensor {
  const size = sampleSize(input);
  const data = new Float32Array(samples.length * size);
  samples.forEach((sample, i) => {
    const [x, b, share] = [sampleData(input, sample), sampleData(baseline, sample), shares[i]!];
    for (let p = 0; p < size; p++) data[i * size + p] = b[p]! + share * (x[p]! - b[p]!);
  });
  return { shape: [samples.length, ...input.shape.slice(1)], data };
}
