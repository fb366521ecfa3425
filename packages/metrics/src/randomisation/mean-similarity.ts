import { tensor, type FreshExplanation, type MetricContext, type MetricSubject, type ModelAdapter } from '@pellucid/core';
import { sumChannels } from '../pixels.ts';
import { spearman } from '../statistics/correlation.ts';
import { requirePart } from '../subject/require-part.ts';
import { randomisedLayers, requireParameters, withRandomised, type RandomisationOrder } from './randomised-models.ts';

/** The map of every sample by a model; by that of the subject where none is given. */
export type MapsBy = (explain: FreshExplanation, model?: ModelAdapter<never>) => Promise<readonly Float32Array[]>;

/**
 * The mean over randomised models of Spearman's correlation of the magnitudes of pixels with those of the model as it is, per sample; NaN for a
 * model that learnt nothing.
 */
export async function meanSimilarity(subject: MetricSubject, metric: string, order: RandomisationOrder, context: MetricContext, mapsBy: MapsBy): Promise<Float64Array> {
  const parameters = requireParameters(subject, metric);
  const explain = requirePart(subject, 'explain', metric);
  const { values, layout } = subject;
  const magnitudesOf = (data: Float32Array): Float64Array => sumChannels(tensor([1, ...values.shape.slice(1)], data), layout).maps[0]!.map(Math.abs);
  const own = (await mapsBy(explain)).map(magnitudesOf);
  const steps = randomisedLayers(await parameters.read(), order);
  const scores = new Float64Array(own.length).fill(steps.length === 0 ? NaN : 0);
  for (const layers of steps) {
    const maps = await withRandomised(parameters, layers, context, (model) => mapsBy(explain, model));
    maps.forEach((map, sample) => (scores[sample]! += spearman(own[sample]!, magnitudesOf(map)) / steps.length));
  }
  return scores;
}
