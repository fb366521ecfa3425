import { batchSize, PellucidError, sizeOf, type Tensor } from '@pellucid/core';
import { runChunks, type BatchFeeds } from './run-chunks.ts';

/** Rows of a batch in another order, with repetitions. A tensor may have several rows per sample. */
function takeSamples(batch: Tensor, samples: number, positions: readonly number[]): Tensor {
  const rows = batchSize(batch) / samples;
  const size = rows * sizeOf(batch.shape.slice(1));
  const data = new Float32Array(positions.length * size);
  for (const [i, position] of positions.entries()) data.set(batch.data.subarray(position * size, (position + 1) * size), i * size);
  return { shape: [positions.length * rows, ...batch.shape.slice(1)], data };
}

/** Chunks that hold samples and then their baselines, as positions in the batch. `filled`: the last one is as large as the others. */
function arrangePairs(pairs: number, perChunk: number, filled: boolean): number[] {
  const positions: number[] = [];
  for (let start = 0; start < pairs; start += perChunk) {
    const count = filled ? perChunk : Math.min(perChunk, pairs - start);
    const samples = Array.from({ length: count }, (_, i) => Math.min(start + i, pairs - 1));
    positions.push(...samples, ...samples.map((sample) => sample + pairs));
  }
  return positions;
}

/**
 * Checks that a batch can be run as samples and their baselines.
 * @throws REQUEST_INVALID for an odd batch; MODEL_UNSUPPORTED where the graph takes an odd number of samples alone.
 */
export function checkPairs(count: number, model: string, fixedBatch: number | null): void {
  if (count % 2 !== 0) {
    const problem = `the batch has ${count} samples, which do not make pairs`;
    throw new PellucidError('REQUEST_INVALID', { action: `ask \`${model}\``, problem, help: 'Give the samples, then as many baselines.' });
  }
  if (fixedBatch !== null && fixedBatch % 2 !== 0) {
    const problem = `it takes ${fixedBatch} sample${fixedBatch === 1 ? '' : 's'} at a time, but pairs of samples are needed`;
    throw new PellucidError('MODEL_UNSUPPORTED', { model, problem, help: 'Export it with a free batch axis.' });
  }
}

/** As `runChunks`, for a checked batch whose second half holds a baseline for each sample of the first: every chunk is such a batch too. */
export const runPairs: typeof runChunks = async (runner, feeds, bound, settings) => {
  const [first] = feeds.values();
  if (first === undefined) throw new Error('internal: nothing is fed');
  const count = batchSize(first);
  const perChunk = Math.max(1, Math.floor(settings.size / 2));
  const { samples: rows } = settings;
  const positions = arrangePairs(count / 2, perChunk, settings.padded);
  const arranged: BatchFeeds = new Map([...feeds].map(([name, batch]) => [name, takeSamples(batch, count, positions)]));
  const answers = await runChunks(runner, arranged, bound, {
    ...settings, size: 2 * perChunk, samples: rows && positions.map((position) => rows[position]!),
  });
  // Of the repetitions that fill the last chunk the first one counts.
  const order = new Array<number>(count).fill(0);
  for (const [place, position] of [...positions.entries()].toReversed()) order[position] = place;
  return new Map([...answers].map(([name, answer]) => [name, takeSamples(answer, positions.length, order)]));
};
