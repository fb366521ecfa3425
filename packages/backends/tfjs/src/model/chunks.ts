import { PellucidError, sampleData, sampleSize, sliceBatch, type Tensor } from '@pellucid/core';

/**
 * Which samples of a batch go into which pass. Of pairs, whose second halves are the second half of the batch, every chunk holds whole
 * ones, in the same arrangement.
 */
export function chunkPositions(samples: number, size: number, paired: boolean): readonly (readonly number[])[] {
  const [count, step] = paired ? [samples / 2, Math.max(1, Math.floor(size / 2))] : [samples, size];
  const chunks: number[][] = [];
  for (let start = 0; start < count; start += step) {
    const positions = Array.from({ length: Math.min(step, count - start) }, (_, i) => start + i);
    chunks.push(paired ? [...positions, ...positions.map((position) => position + count)] : positions);
  }
  return chunks;
}

/** @throws REQUEST_INVALID for a batch that does not consist of pairs. */
export function checkPairs(samples: number, model: string): void {
  if (samples % 2 === 0) return;
  throw new PellucidError('REQUEST_INVALID', {
    action: `ask \`${model}\``,
    problem: `the batch has ${samples} samples, which do not make pairs`,
    help: 'Give the samples, then as many baselines.',
  });
}

/** Samples of a batch in any order; without a copy where they lie side by side. */
export function takeSamples(batch: Tensor, positions: readonly number[]): Tensor {
  const [first = 0] = positions;
  if (positions.every((position, i) => position === first + i)) return sliceBatch(batch, first, first + positions.length);
  const size = sampleSize(batch);
  const data = new Float32Array(positions.length * size);
  positions.forEach((position, i) => { data.set(sampleData(batch, position), i * size); });
  return { shape: [positions.length, ...batch.shape.slice(1)], data };
}
