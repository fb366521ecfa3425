import { concatBatches, type Tensor } from '@pellucid/core';
import { pixelRanks } from '@pellucid/metrics';
import type { StoredExplanation } from '../store/explanation-store.ts';
import type { Cost } from '../store/result-row.ts';
import { measure } from './peak-memory.ts';
import type { RanksOfSplits } from './protocol.ts';
import { passesOf } from './rank-pixels.ts';
import { batches, inputFor, predictClasses } from './sample-sets.ts';
import type { Scene } from './scene.ts';

/** Explains every image of a split, for the class that the network under test predicts, and keeps no more of the maps than the places of the pixels. */
async function rankSplit({ task, model, resources, explainer, reply }: Scene, split: 'train' | 'test'): Promise<StoredExplanation> {
  const input = inputFor(model, await resources.images(task.data, split));
  const parts: Tensor[] = [];
  const provenances: StoredExplanation['provenance'][] = [];
  const { value: values, seconds, peakMemoryBytes } = await measure(async () => {
    for (const batch of batches(input)) {
      const { values, layout, provenance } = await explainer.explainSamples(batch, await predictClasses(model, batch));
      parts.push(pixelRanks(values, layout));
      provenances.push(provenance);
      reply({ kind: 'stage', stage: 'ranks' });
    }
    return concatBatches(parts);
  });
  return { values, layout: 'NCHW', targets: [], provenance: null, cost: { ...passesOf(provenances), seconds, peakMemoryBytes } };
}

/** Puts the ranks of the pixels of all images among the explanations, unless they are there. */
export async function rankAllImages(scene: Scene, ranks: RanksOfSplits): Promise<{ readonly cost: Cost; readonly cached: boolean }> {
  const costs: Cost[] = [];
  let cached = true;
  for (const split of ['train', 'test'] as const) {
    const stored = scene.store?.read(ranks[split]);
    const found = stored ?? (await rankSplit(scene, split));
    costs.push(found.cost);
    if (stored !== undefined) continue;
    cached = false;
    scene.store?.write(ranks[split], found);
  }
  const sum = (of: (cost: Cost) => number): number => costs.reduce((total, cost) => total + of(cost), 0);
  const peaks = costs.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []);
  return {
    cached,
    cost: {
      forwardPasses: sum(({ forwardPasses }) => forwardPasses), backwardPasses: sum(({ backwardPasses }) => backwardPasses), seconds: sum(({ seconds }) => seconds),
      peakMemoryBytes: peaks.length === 0 ? null : Math.max(...peaks),
    },
  };
}
