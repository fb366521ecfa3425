import {
  baselineOption, batchSize, defineMethod, featureMasks, featuresOption, makeBaseline, sampleData, score, scoreCoalitions, spreadFeatures, zeros,
  type Baseline, type Features, type MethodFactory,
} from '@pellucid/core';

/** What is taken away, and what stands in its place. */
export interface FeatureAblationOptions {
  /** What counts as one feature. @defaultValue 'auto': a grid of 8 x 8 for images, each value for anything else */
  readonly features: Features;
  /** What stands where a feature is away. @defaultValue 'zero' */
  readonly baseline: Baseline;
}

/** A row for each feature, in which it alone is away. */
function withoutOne(count: number): Uint8Array {
  const kept = new Uint8Array(count * count).fill(1);
  for (let feature = 0; feature < count; feature++) kept[feature * count + feature] = 0;
  return kept;
}

/**
 * Feature ablation: how much the explained score falls when a feature is replaced by a baseline, one feature at a time. In the input's shape,
 * every value of a feature alike. Needs no gradients.
 * @see {@link https://arxiv.org/abs/1311.2901 | Zeiler and Fergus 2013}, section 4.2, with features of any form
 */
export const featureAblation: MethodFactory<never, FeatureAblationOptions> = defineMethod({
  name: 'feature-ablation',
  title: 'Feature ablation',
  paper: {
    authors: 'Zeiler, Fergus',
    year: 2013,
    title: 'Visualizing and Understanding Convolutional Networks',
    url: 'https://arxiv.org/abs/1311.2901',
  },
  kind: 'local',
  needs: [],
  options: { features: featuresOption(), baseline: baselineOption('zero', 'What stands where a feature is away.') },
  async explain(model, batch, { features, baseline: kind }, context) {
    const { input, objective } = batch;
    const masks = featureMasks(features, batch);
    const baseline = makeBaseline(kind, batch, context);
    const whole = score(objective, (await model.evaluate({ input })).logits);
    const values = zeros(input.shape);
    const total = masks.reduce((sum, { count }) => sum + count, 0);
    let before = 0;
    for (let sample = 0; sample < batchSize(input); sample++) {
      const mask = masks[sample]!;
      const scene = { model, batch, context, sample, mask, baseline: sampleData(baseline, sample) };
      const scores = await scoreCoalitions(scene, withoutOne(mask.count), (done) => { context.progress(before + done, total); });
      spreadFeatures(scores.map((value) => whole[sample]! - value), mask, sampleData(values, sample));
      before += mask.count;
    }
    return { values };
  },
});
