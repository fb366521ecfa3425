import { batchSize, concatBatches, randomStream, sliceBatch, type LabelledImages } from '@pellucid/core';

/** Images drawn without repeating one; the seed and the purpose decide which. */
export function drawImages(data: LabelledImages, count: number, seed: number, purpose: string): LabelledImages {
  const positions = randomStream(seed, 'bench', purpose).permutation(batchSize(data.images)).slice(0, count).sort((a, b) => a - b);
  const { masks } = data;
  return {
    ...data,
    images: concatBatches(positions.map((position) => sliceBatch(data.images, position, position + 1))),
    labels: Int32Array.from(positions, (position) => data.labels[position]!),
    ...(masks && { masks: concatBatches(positions.map((position) => sliceBatch(masks, position, position + 1))) }),
  };
}
