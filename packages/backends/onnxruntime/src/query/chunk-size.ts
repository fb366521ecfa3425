import type { BackendDescription } from '@pellucid/core';
import type { Network } from '../model/network.ts';

/** Bytes of intermediate values of one execution, where the caller says nothing. */
const DEFAULT_BUDGET = 2 ** 29;

/**
 * On a CPU values that leave the cache between two operators cost more than a call: MobileNetV2 takes least time for a sample when it runs alone, a network
 * for images of 28 x 28 in thirties to forties.
 */
const CACHED = 2 ** 25;

/**
 * Values of so many times the size of the weights are worth reading these once: ResNet-18 takes 3 % less time two at a time (47 MB each, as much as its weights),
 * ResNet-50 as long. Beyond so many bytes as many as the weights have.
 */
const WEIGHTS_SHARED = 4;
const MOST_SHARED = 2 ** 28;

/** What decides how a batch is cut. */
export interface ChunkSubject extends Pick<Network, 'fixedBatch' | 'bytesPerSample'> {
  /** Bytes of all weights, which every execution reads. */
  readonly weightBytes: number;
}

/**
 * Samples that run together: within the memory budget, and on a CPU no more values than some times the weights, whose reading is shared, or than caches can hold; there a
 * power of two, which the sessions of a team share evenly.
 * @param memoryBudget - bytes that the intermediate values of one execution may take
 */
export function chunkSize({ fixedBatch, bytesPerSample, weightBytes }: ChunkSubject, device: BackendDescription['device'], memoryBudget: number = DEFAULT_BUDGET): number {
  if (fixedBatch !== null) return fixedBatch;
  if (device !== 'cpu') return Math.max(1, Math.floor(memoryBudget / bytesPerSample));
  const shared = Math.max(CACHED, weightBytes, Math.min(WEIGHTS_SHARED * weightBytes, MOST_SHARED));
  return 2 ** Math.max(0, Math.floor(Math.log2(Math.min(memoryBudget, shared) / bytesPerSample)));
}

/** How many executions of so many samples the memory budget allows at once. */
export function executionsAtOnce({ bytesPerSample }: Pick<ChunkSubject, 'bytesPerSample'>, size: number, memoryBudget: number = DEFAULT_BUDGET): number {
  return Math.floor(memoryBudget / (size * bytesPerSample));
}

/**
 * The length of pieces of a batch, no more of them than there must be and none much shorter than the others: a short last one makes least of threads and
 * of weights that are read once.
 * @param most - samples of a piece
 */
export function evenPieces(samples: number, most: number): number {
  return Math.ceil(samples / Math.ceil(samples / most));
}
