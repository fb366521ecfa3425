import { askAhead, cutPieces, placesByTurns, type Piece } from '../method/ask-ahead.ts';
import type { Estimate } from '../method/estimate.ts';
import type { MethodBatch, MethodContext } from '../method/method.ts';
import type { ModelAdapter } from '../model/model-adapter.ts';
import { score, selectObjective } from '../model/objective.ts';
import { sampleData, sampleSize } from '../tensor/batch.ts';
import { zeros, type Tensor } from '../tensor/tensor.ts';
import { spreadFeatures, type FeatureMask } from './feature-mask.ts';

/** A sample whose features can be taken away. */
export interface FeatureScene {
  readonly model: ModelAdapter<never>;
  readonly batch: MethodBatch;
  readonly context: Pick<MethodContext, 'chunkSize'>;
  /** Place of the sample in the batch. */
  readonly sample: number;
  readonly mask: FeatureMask;
  /** What stands where a feature is away: one sample's values. */
  readonly baseline: Float32Array;
}

/** How much of each feature stays, in rows of `mask.count`: 1 is all of it, 0 none, anything between is mixed with the baseline. */
export type KeptShares = Uint8Array | Float64Array;

/** The sample with the features of some coalitions, the rest from the baseline; in new memory, or in what is given. */
export function composeCoalitions(
  { batch: { input }, sample, mask, baseline }: FeatureScene, kept: KeptShares, place: (count: number) => Float32Array = placesByTurns(sampleSize(input)),
): Tensor {
  const [values, size] = [sampleData(input, sample), sampleSize(input)];
  const count = kept.length / mask.count;
  const data = place(count);
  const { ids } = mask;
  for (let coalition = 0; coalition < count; coalition++) {
    const row = coalition * mask.count;
    const at = coalition * size;
    for (let i = 0; i < size; i++) {
      const share = kept[row + ids[i]!]!;
      data[at + i] = share === 1 ? values[i]! : share * values[i]! + (1 - share) * baseline[i]!;
    }
  }
  return { shape: [count, ...input.shape.slice(1)], data };
}

/** The explained scalar of every coalition, in pieces of the context's chunk size. `done` hears how many were scored. */
export async function scoreCoalitions(scene: FeatureScene, kept: KeptShares, done: (count: number) => void = () => undefined): Promise<Float64Array> {
  const { model, batch: { objective }, context: { chunkSize }, sample, mask } = scene;
  const scores: number[] = [];
  const place = placesByTurns(sampleSize(scene.batch.input));
  const ask = async ({ first, count }: Piece): Promise<ArrayLike<number>> => {
    const input = composeCoalitions(scene, kept.subarray(first * mask.count, (first + count) * mask.count), place);
    const { logits } = await model.evaluate({ input });
    return score(selectObjective(objective, new Array<number>(count).fill(sample)), logits);
  };
  for await (const found of askAhead(cutPieces(kept.length / mask.count, chunkSize), ask)) {
    scores.push(...Array.from(found));
    done(scores.length);
  }
  return Float64Array.from(scores);
}

/** What is known of a sample after some draws, from a value and an error for each of its features. */
export function featureEstimate({ batch: { input }, sample, mask }: FeatureScene, values: ArrayLike<number>, errors: ArrayLike<number>, draws: number): Estimate {
  const spread = (numbers: ArrayLike<number>): Tensor => {
    const map = zeros([1, ...input.shape.slice(1)]);
    spreadFeatures(numbers, mask, map.data);
    return map;
  };
  return { sample, values: spread(values), standardError: spread(errors), draws };
}
