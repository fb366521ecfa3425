import {
  baselineOption, batchSize, defineMethod, featureEstimate, featureMasks, featuresOption, integerOption, joinEstimates, makeBaseline, sampleData,
  scoreCoalitions,
  type Baseline, type Estimate, type FeatureScene, type Features, type MethodContext, type MethodFactory, type RandomStream,
} from '@pellucid/core';
import { totalIndices, type DesignScores } from './total-indices.ts';

/** How many designs, of which features. */
export interface SobolOptions {
  /** Random designs of each sample; every one costs as many passes as there are features, and one more. @defaultValue 32 */
  readonly samples: number;
  /** What counts as one feature. @defaultValue 'auto': a grid of 8 x 8 for images, each value for anything else */
  readonly features: Features;
  /** What a feature fades into. @defaultValue 'zero' */
  readonly baseline: Baseline;
}

/** Designs between two estimates; a fixed number, so that stopping early does not depend on memory. */
const DESIGNS_BETWEEN_ESTIMATES = 8;

/** A design in rows: mask A, and for each feature A with that feature from an independent mask B. */
function drawDesign({ uniform }: RandomStream, features: number): Float64Array {
  const a = Float64Array.from({ length: features }, uniform);
  const b = Float64Array.from({ length: features }, uniform);
  const rows = new Float64Array((features + 1) * features);
  for (let row = 0; row <= features; row++) rows.set(a, row * features);
  b.forEach((value, feature) => { rows[(feature + 1) * features + feature] = value; });
  return rows;
}

/** Scores the designs from `first` to `last`. */
async function scoreDesigns(scene: FeatureScene, { random }: MethodContext, first: number, last: number): Promise<DesignScores[]> {
  const { count } = scene.mask;
  const size = (count + 1) * count;
  const rows = new Float64Array((last - first) * size);
  for (let design = first; design < last; design++) rows.set(drawDesign(random(scene.sample, `design ${design}`), count), (design - first) * size);
  const scores = await scoreCoalitions(scene, rows);
  return Array.from({ length: last - first }, (_, i) => {
    const own = scores.subarray(i * (count + 1), (i + 1) * (count + 1));
    return { whole: own[0]!, exchanged: own.subarray(1) };
  });
}

/**
 * Sobol attribution: the total Sobol index of each feature, the share of the score's variance under random fading that it takes part in, alone and with
 * others. From 0, without signs, with standard errors. In the input's shape, every value of a feature alike. Needs no gradients.
 * @see {@link https://arxiv.org/abs/2111.04138 | Fel et al. 2021}, section 3; {@link https://doi.org/10.1016/S0010-4655(98)00154-4 | Jansen 1999}
 */
export const sobol: MethodFactory<never, SobolOptions> = defineMethod({
  name: 'sobol',
  title: 'Sobol attribution',
  paper: {
    authors: 'Fel, Cadène, Chalvidal, Cord, Vigouroux, Serre',
    year: 2021,
    title: 'Look at the Variance! Efficient Black-box Explanations with Sobol-based Sensitivity Analysis',
    url: 'https://arxiv.org/abs/2111.04138',
  },
  kind: 'local',
  needs: [],
  options: {
    samples: integerOption(32, 2, 'Random designs of each sample; every one costs as many passes as there are features, and one more.'),
    features: featuresOption(),
    baseline: baselineOption('zero', 'What a feature fades into.'),
  },
  async explain(model, batch, { samples: designs, features, baseline: kind }, context) {
    const { input } = batch;
    const samples = batchSize(input);
    const masks = featureMasks(features, batch);
    const baseline = makeBaseline(kind, batch, context);
    const estimates: Estimate[] = [];
    for (let sample = 0; sample < samples; sample++) {
      const mask = masks[sample]!;
      const scene = { model, batch, context, sample, mask, baseline: sampleData(baseline, sample) };
      const scored: DesignScores[] = [];
      const estimate = (): Estimate => {
        const { indices, errors } = totalIndices(scored, mask.count);
        return featureEstimate(scene, indices, errors, scored.length);
      };
      let enough = false;
      while (scored.length < designs && !enough) {
        scored.push(...(await scoreDesigns(scene, context, scored.length, Math.min(scored.length + DESIGNS_BETWEEN_ESTIMATES, designs))));
        context.progress(sample * designs + scored.length, samples * designs);
        enough = context.estimate(estimate);
      }
      estimates.push(estimate());
    }
    return joinEstimates(estimates);
  },
});
