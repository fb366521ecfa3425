import {
  baselineOption, batchSize, defineMethod, featureEstimate, featureMasks, featuresOption, integerOption, joinEstimates, makeBaseline, sampleData,
  scoreCoalitions, summariseDraws, zeros,
  type Baseline, type Estimate, type FeatureScene, type Features, type MethodFactory, type Tensor,
} from '@pellucid/core';

/** How many orders are tried, of what. */
export interface ShapleySamplingOptions {
  /** Random orders in which the features enter. @defaultValue 25 */
  readonly samples: number;
  /** What counts as one feature. @defaultValue 'auto': a grid of 8 x 8 for images, each value for anything else */
  readonly features: Features;
  /** What stands where a feature is away. @defaultValue 'zero' */
  readonly baseline: Baseline;
}

/** The coalitions of one order: none, the first feature, the first two, ..., all. */
function growingCoalitions(order: readonly number[]): Uint8Array {
  const count = order.length;
  const kept = new Uint8Array((count + 1) * count);
  order.forEach((feature, place) => {
    for (let row = place + 1; row <= count; row++) kept[row * count + feature] = 1;
  });
  return kept;
}

/** What each feature adds as it enters, order by order: one row of features each. */
async function marginalContributions(scene: FeatureScene, orders: readonly (readonly number[])[]): Promise<Tensor> {
  const { count } = scene.mask;
  const rows = orders.map(growingCoalitions);
  const kept = new Uint8Array(rows.length * (count + 1) * count);
  rows.forEach((row, i) => { kept.set(row, i * row.length); });
  const scores = await scoreCoalitions(scene, kept);
  const contributions = zeros([orders.length, count]);
  orders.forEach((order, i) => {
    const at = i * (count + 1);
    order.forEach((feature, place) => { contributions.data[i * count + feature] = scores[at + place + 1]! - scores[at + place]!; });
  });
  return contributions;
}

/**
 * Shapley value sampling: what each feature adds to the explained score as the features enter one after the other, averaged over random orders. An
 * unbiased estimate of Shapley values that sums to f(x) - f(baseline) in every order. In the input's shape, every value of a feature alike.
 * @see {@link https://doi.org/10.1016/j.cor.2008.04.004 | Castro et al. 2009}, algorithm 1; {@link https://dl.acm.org/doi/10.5555/1756006.1756007 | Strumbelj and Kononenko 2010}
 */
export const shapleySampling: MethodFactory<never, ShapleySamplingOptions> = defineMethod({
  name: 'shapley-sampling',
  title: 'Shapley value sampling',
  paper: {
    authors: 'Castro, Gómez, Tejada',
    year: 2009,
    title: 'Polynomial calculation of the Shapley value based on sampling',
    url: 'https://doi.org/10.1016/j.cor.2008.04.004',
  },
  kind: 'local',
  needs: [],
  options: {
    samples: integerOption(25, 1, 'Random orders in which the features enter.'),
    features: featuresOption(),
    baseline: baselineOption('zero', 'What stands where a feature is away.'),
  },
  async explain(model, batch, { samples: draws, features, baseline: kind }, context) {
    const { input } = batch;
    const samples = batchSize(input);
    const masks = featureMasks(features, batch);
    const baseline = makeBaseline(kind, batch, context);
    const estimates: Estimate[] = [];
    for (let sample = 0; sample < samples; sample++) {
      const mask = masks[sample]!;
      const scene = { model, batch, context, sample, mask, baseline: sampleData(baseline, sample) };
      const draw = (first: number, count: number): Promise<Tensor> =>
        marginalContributions(scene, Array.from({ length: count }, (_, i) => context.random(sample, `order ${first + i}`).permutation(mask.count)));
      const toMap = ({ values, standardError, draws: made }: Estimate): Estimate => featureEstimate(scene, values.data, standardError.data, made);
      estimates.push(await summariseDraws(context, { sample, samples, draws, draw, toMap }));
    }
    return joinEstimates(estimates);
  },
});
