import type { BackendDescription } from '@pellucid/core';
import type { Network } from '../model/network.ts';

/**
 * Bytes of intermediate values of one execution, where the caller says nothing; on a CPU also where the caller allows more. Larger executions
 * gain nothing there, since their values leave the cache: ResNet-18, MobileNetV2 and VGG-16 take as long for a sample in batches of two to sixteen.
 */
export const DEFAULT_BUDGET: number = 2 ** 28;

/** Samples that run together. @param memoryBudget - bytes that the intermediate values of one execution may take */
export function chunkSize({ fixedBatch, bytesPerSample }: Pick<Network, 'fixedBatch' | 'bytesPerSample'>, device: BackendDescription['device'], memoryBudget: number = DEFAULT_BUDGET): number {
  const budget = device === 'cpu' ? Math.min(memoryBudget, DEFAULT_BUDGET) : memoryBudget;
  return fixedBatch ?? Math.max(1, Math.floor(budget / bytesPerSample));
}
