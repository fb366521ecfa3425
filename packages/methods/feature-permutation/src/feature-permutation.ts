import {
  batchSize, defineMethod, featureMasks, featuresOption, PellucidError, sampleData, score, scoreCoalitions, spreadFeatures, zeros,
  type Features, type MethodContext, type MethodFactory, type Tensor,
} from '@pellucid/core';

/** What is exchanged between samples. */
export interface FeaturePermutationOptions {
  /** What counts as one feature. @defaultValue 'auto': a grid of 8 x 8 for images, each value for anything else */
  readonly features: Features;
}

/** For each feature, the sample from which every sample gets its values. */
function drawPermutation(feature: number, samples: number, { random }: MethodContext): readonly number[] {
  return random(0, `feature ${feature}`).permutation(samples);
}

/**
 * Feature permutation: how much the explained score falls when a feature is taken from another sample of the batch, one feature at a time. In the
 * input's shape, every value of a feature alike. What stands in is real data, so that no baseline has to be chosen; the map depends on the batch.
 * @see {@link https://doi.org/10.1023/A:1010933404324 | Breiman 2001}, section 10
 */
export const featurePermutation: MethodFactory<never, FeaturePermutationOptions> = defineMethod({
  name: 'feature-permutation',
  title: 'Feature permutation',
  paper: { authors: 'Breiman', year: 2001, title: 'Random Forests', url: 'https://doi.org/10.1023/A:1010933404324' },
  kind: 'batch',
  needs: [],
  options: { features: featuresOption() },
  async explain(model, batch, { features }, context) {
    const { input, objective } = batch;
    const samples = batchSize(input);
    if (samples < 2) {
      throw new PellucidError('REQUEST_INVALID', {
        action: 'run `feature-permutation` on one sample',
        problem: 'there is no other sample to take features from',
        help: 'Pass a batch of at least two samples, or use `feature-ablation` with a baseline.',
      });
    }
    const masks = featureMasks(features, batch);
    const most = Math.max(...masks.map(({ count }) => count));
    const sources = Array.from({ length: most }, (_, feature) => drawPermutation(feature, samples, context));
    const whole = score(objective, (await model.evaluate({ input })).logits);
    const values: Tensor = zeros(input.shape);
    for (let sample = 0; sample < samples; sample++) {
      const mask = masks[sample]!;
      const effects = new Float64Array(mask.count);
      // What stands in differs from feature to feature: those with the same source are scored together.
      for (const source of new Set(sources.map((permutation) => permutation[sample]!))) {
        const own = Array.from({ length: mask.count }, (_, feature) => feature).filter((feature) => sources[feature]![sample] === source);
        const kept = new Uint8Array(own.length * mask.count).fill(1);
        own.forEach((feature, row) => { kept[row * mask.count + feature] = 0; });
        const scene = { model, batch, context, sample, mask, baseline: sampleData(input, source) };
        const scores = await scoreCoalitions(scene, kept);
        own.forEach((feature, row) => { effects[feature] = whole[sample]! - scores[row]!; });
      }
      spreadFeatures(effects, mask, sampleData(values, sample));
      context.progress(sample + 1, samples);
    }
    return { values };
  },
});
