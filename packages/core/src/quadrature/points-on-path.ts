import { sampleData, sampleSize } from '../tensor/batch.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The points b + p (x - b) of one sample of a batch and its baseline, for each share p of the straight path between them. */
export function pointsOnPath(input: Tensor, baseline: Tensor, sample: number, points: Float64Array): Tensor {
  const [x, b, size] = [sampleData(input, sample), sampleData(baseline, sample), sampleSize(input)];
  const data = new Float32Array(points.length * size);
  points.forEach((point, i) => {
    for (let p = 0; p < size; p++) data[i * size + p] = b[p]! + point * (x[p]! - b[p]!);
  });
  return { shape: [points.length, ...input.shape.slice(1)], data };
}
