import {
  baselineOption, batchSize, composeCoalitions, defineMethod, featureEstimate, featureMasks, featuresOption, integerOption, joinEstimates, makeBaseline,
  numberOption, PellucidError, sampleData, score, selectObjective,
  type Baseline, type Estimate, type FeatureScene, type Features, type MethodContext, type MethodFactory,
} from '@pellucid/core';
import { fitNeighbourhood, type LinearFit, type Neighbourhood } from './weighted-fit.ts';

/** How the neighbourhood is sampled, and what is fitted to it. */
export interface LimeOptions {
  /** Perturbed copies of each sample. @defaultValue 1000 */
  readonly samples: number;
  /** What counts as one feature. @defaultValue 'auto': a grid of 8 x 8 for images, each value for anything else */
  readonly features: Features;
  /** What stands where a feature is away. @defaultValue 'zero' */
  readonly baseline: Baseline;
  /** Width of the kernel that weights copies by their cosine distance. @defaultValue 1 */
  readonly kernelWidth: number;
  /** Weight of the sum of absolute coefficients; 0 is least squares. @defaultValue 0.01 */
  readonly alpha: number;
}

/** Copies between two estimates; a fixed number, so that stopping early does not depend on memory. */
const COPIES_BETWEEN_ESTIMATES = 50;

/** exp(-d² / (2 width²)), d the cosine distance between the sample and a perturbed copy: the weights of section 3.4. */
function similarity(values: Float32Array, copy: Float32Array, width: number): number {
  let [product, own, other] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    product += values[i]! * copy[i]!;
    own += values[i]! ** 2;
    other += copy[i]! ** 2;
  }
  const length = Math.sqrt(own * other);
  const distance = length === 0 ? 1 : 1 - product / length;
  return Math.exp(-(distance ** 2) / (2 * width ** 2));
}

/** Scores rows of coalitions and weighs them, in pieces of the chunk size, from row `first` on. */
async function askNeighbours(scene: FeatureScene, { kept, scores, similarities }: Neighbourhood, first: number, last: number, width: number): Promise<void> {
  const { model, batch: { input, objective }, context: { chunkSize }, sample, mask } = scene;
  for (let start = first; start < last; start += chunkSize) {
    const end = Math.min(start + chunkSize, last);
    const copies = composeCoalitions(scene, kept.subarray(start * mask.count, end * mask.count));
    const { logits } = await model.evaluate({ input: copies });
    scores.set(score(selectObjective(objective, new Array<number>(end - start).fill(sample)), logits), start);
    for (let row = start; row < end; row++) similarities[row] = similarity(sampleData(input, sample), sampleData(copies, row - start), width);
  }
}

function fitted(neighbourhood: Neighbourhood, copies: number, alpha: number): LinearFit {
  const { features, kept, scores, similarities } = neighbourhood;
  const part = { features, kept: kept.subarray(0, copies * features), scores: scores.subarray(0, copies), similarities: similarities.subarray(0, copies) };
  const fit = fitNeighbourhood(part, alpha);
  if (fit !== undefined) return fit;
  throw new PellucidError('OPTION_INVALID', {
    option: 'samples', name: 'lime', expected: `more than ${features} copies for ${features} features, or an \`alpha\` above 0`, actual: copies,
  });
}

/** One sample's fit. */
async function explainSample(
  scene: FeatureScene, { samples, kernelWidth, alpha }: LimeOptions, context: MethodContext, done: (copies: number) => void,
): Promise<Estimate> {
  const { mask, sample } = scene;
  const neighbourhood: Neighbourhood = {
    features: mask.count, kept: new Uint8Array(samples * mask.count), scores: new Float64Array(samples), similarities: new Float64Array(samples),
  };
  const estimate = (copies: number): Estimate => {
    const { coefficients, errors } = fitted(neighbourhood, copies, alpha);
    return featureEstimate(scene, coefficients, errors, copies);
  };
  for (let first = 0; first < samples; first += COPIES_BETWEEN_ESTIMATES) {
    const last = Math.min(first + COPIES_BETWEEN_ESTIMATES, samples);
    for (let row = first; row < last; row++) {
      const { uniform } = context.random(sample, `copy ${row}`);
      for (let feature = 0; feature < mask.count; feature++) neighbourhood.kept[row * mask.count + feature] = uniform() < 0.5 ? 1 : 0;
    }
    await askNeighbours(scene, neighbourhood, first, last, kernelWidth);
    done(last);
    // A fit needs more copies than unknowns to say anything of its error.
    if ((last > mask.count + 1 || last === samples) && context.estimate(() => estimate(last))) return estimate(last);
  }
  return estimate(samples);
}

/**
 * LIME: the coefficients of a sparse linear model that is fitted to the explained score around a sample, features taken away at random. In the input's
 * shape, every value of a feature alike, with standard errors. Needs no gradients.
 * @see {@link https://arxiv.org/abs/1602.04938 | Ribeiro et al. 2016}, equation 1 and algorithm 1
 */
export const lime: MethodFactory<never, LimeOptions> = defineMethod({
  name: 'lime',
  title: 'LIME',
  paper: {
    authors: 'Ribeiro, Singh, Guestrin',
    year: 2016,
    title: '"Why Should I Trust You?": Explaining the Predictions of Any Classifier',
    url: 'https://arxiv.org/abs/1602.04938',
  },
  kind: 'local',
  needs: [],
  options: {
    samples: integerOption(1000, 2, 'Perturbed copies of each sample.'),
    features: featuresOption(),
    baseline: baselineOption('zero', 'What stands where a feature is away.'),
    kernelWidth: numberOption(1, 1e-6, 1e6, 'Width of the kernel that weights copies by their cosine distance.'),
    alpha: numberOption(0.01, 0, 1e6, 'Weight of the sum of absolute coefficients; 0 is least squares.'),
  },
  async explain(model, batch, options, context) {
    const { input } = batch;
    const samples = batchSize(input);
    const masks = featureMasks(options.features, batch);
    const baseline = makeBaseline(options.baseline, batch, context);
    const estimates: Estimate[] = [];
    for (let sample = 0; sample < samples; sample++) {
      const mask = masks[sample]!;
      const scene = { model, batch, context, sample, mask, baseline: sampleData(baseline, sample) };
      const done = (copies: number): void => { context.progress(sample * options.samples + copies, samples * options.samples); };
      const estimate = await explainSample(scene, options, context, done);
      if (options.alpha > 0 && estimate.values.data.every((value) => value === 0)) {
        context.note(`sample ${sample}: no feature changes the score enough for \`alpha\` ${options.alpha}, so that its map is 0; a smaller one keeps weaker features`);
      }
      estimates.push(estimate);
    }
    return joinEstimates(estimates);
  },
});
