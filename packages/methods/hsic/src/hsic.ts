import {
  baselineOption, batchSize, defineMethod, featureEstimate, featureMasks, featuresOption, integerOption, joinEstimates, makeBaseline, sampleData,
  scoreCoalitions,
  type Baseline, type Estimate, type Features, type MethodFactory,
} from '@pellucid/core';
import { dependences } from './dependence.ts';

/** How many masks, over which features. */
export interface HsicOptions {
  /** Random masks of each sample. @defaultValue 500 */
  readonly samples: number;
  /** What counts as one feature. @defaultValue 'auto': a grid of 8 x 8 for images, each value for anything else */
  readonly features: Features;
  /** What stands where a feature is away. @defaultValue 'zero' */
  readonly baseline: Baseline;
}

/** Masks between two estimates; a fixed number, so that stopping early does not depend on memory. */
const MASKS_BETWEEN_ESTIMATES = 100;

/**
 * HSIC attribution: how strongly the score depends on whether a feature is there, whatever the form of the dependence. Not negative but for chance,
 * without signs, with standard errors. In the input's shape, every value of a feature alike. Needs no gradients.
 * @see {@link https://arxiv.org/abs/2206.06219 | Novello et al. 2022}, section 3
 */
export const hsic: MethodFactory<never, HsicOptions> = defineMethod({
  name: 'hsic',
  title: 'HSIC attribution',
  paper: {
    authors: 'Novello, Fel, Vigouroux',
    year: 2022,
    title: 'Making Sense of Dependence: Efficient Black-box Explanations Using Dependence Measure',
    url: 'https://arxiv.org/abs/2206.06219',
  },
  kind: 'local',
  needs: [],
  options: {
    samples: integerOption(500, 3, 'Random masks of each sample.'),
    features: featuresOption(),
    baseline: baselineOption('zero', 'What stands where a feature is away.'),
  },
  async explain(model, batch, { samples: masks, features, baseline: kind }, context) {
    const { input } = batch;
    const samples = batchSize(input);
    const featuresOfSamples = featureMasks(features, batch);
    const baseline = makeBaseline(kind, batch, context);
    const estimates: Estimate[] = [];
    for (let sample = 0; sample < samples; sample++) {
      const mask = featuresOfSamples[sample]!;
      const scene = { model, batch, context, sample, mask, baseline: sampleData(baseline, sample) };
      const kept = new Uint8Array(masks * mask.count);
      const scores = new Float64Array(masks);
      let [made, enough] = [0, false];
      const estimate = (): Estimate => {
        const { values, errors } = dependences({ features: mask.count, kept: kept.subarray(0, made * mask.count), scores: scores.subarray(0, made) });
        return featureEstimate(scene, values, errors, made);
      };
      while (made < masks && !enough) {
        const last = Math.min(made + MASKS_BETWEEN_ESTIMATES, masks);
        for (let row = made; row < last; row++) {
          const { uniform } = context.random(sample, `mask ${row}`);
          for (let feature = 0; feature < mask.count; feature++) kept[row * mask.count + feature] = uniform() < 0.5 ? 1 : 0;
        }
        scores.set(await scoreCoalitions(scene, kept.subarray(made * mask.count, last * mask.count)), made);
        made = last;
        context.progress(sample * masks + made, samples * masks);
        enough = context.estimate(estimate);
      }
      estimates.push(estimate());
    }
    return joinEstimates(estimates);
  },
});
