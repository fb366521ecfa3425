import { sampleData, sampleSize } from '../tensor/batch.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** How many steps of one path are worked on at once, so that what they share is read once. */
export const STEPS_AT_ONCE = 4;

/** Whether the next steps all belong to the path of one sample. */
export function isOnePath(samples: readonly number[], start: number): boolean {
  return start + STEPS_AT_ONCE <= samples.length && samples.slice(start + 1, start + STEPS_AT_ONCE).every((sample) => sample === samples[start]);
}

/** The point at a share of the way, written at an offset. */
function writePoint(data: Float32Array, at: number, x: Float32Array, b: Float32Array, share: number): void {
  for (let p = 0; p < x.length; p++) data[at + p] = b[p]! + share * (x[p]! - b[p]!);
}

/** As `writePoint` for four shares from `first` on, one point behind the other. */
function writeFourPoints(data: Float32Array, at: number, x: Float32Array, b: Float32Array, shares: ArrayLike<number>, first: number): void {
  const size = x.length;
  const [s0, s1, s2, s3] = [shares[first]!, shares[first + 1]!, shares[first + 2]!, shares[first + 3]!];
  for (let p = 0; p < size; p++) {
    const start = b[p]!;
    const way = x[p]! - start;
    data[at + p] = start + s0 * way;
    data[at + size + p] = start + s1 * way;
    data[at + 2 * size + p] = start + s2 * way;
    data[at + 3 * size + p] = start + s3 * way;
  }
}

/** Points b + p (x - b) on the straight paths from a baseline to its sample: one for each of these samples of a batch and its share p of the way. */
export function pointsOnPath(input: Tensor, baseline: Tensor, samples: readonly number[], shares: ArrayLike<number>): Tensor {
  const size = sampleSize(input);
  const data = new Float32Array(samples.length * size);
  for (let i = 0; i < samples.length;) {
    const [x, b] = [sampleData(input, samples[i]!), sampleData(baseline, samples[i]!)];
    const four = isOnePath(samples, i);
    if (four) writeFourPoints(data, i * size, x, b, shares, i);
    else writePoint(data, i * size, x, b, shares[i]!);
    i += four ? STEPS_AT_ONCE : 1;
  }
  return { shape: [samples.length, ...input.shape.slice(1)], data };
}
