import {
  baselineOption, batchSize, defineMethod, featureEstimate, featureMasks, featuresOption, integerOption, joinEstimates, makeBaseline, optional, PellucidError,
  sampleData, scoreCoalitions,
  type Baseline, type Estimate, type FeatureScene, type Features, type MethodContext, type MethodFactory,
} from '@pellucid/core';
import { drawPair, planCoalitions, type CoalitionPlan } from './coalition-plan.ts';
import { addCoalitions, emptyRegression, regressionErrors, solveRegression, type Regression, type ScoredCoalitions } from './shapley-regression.ts';

/** How many coalitions are asked about, of what. */
export interface KernelShapOptions {
  /** Coalitions that are scored. @defaultValue 2 x features + 2048; exact where that is all of them */
  readonly samples: number | undefined;
  /** What counts as one feature. @defaultValue 'auto': a grid of 8 x 8 for images, each value for anything else */
  readonly features: Features;
  /** What stands where a feature is away. @defaultValue 'zero' */
  readonly baseline: Baseline;
}

const samplesOption = optional(integerOption(2048, 2, 'Coalitions that are scored; by default 2 x features + 2048. Exact where that is all of them.'));

/** Random pairs between two estimates; a fixed number, so that stopping early does not depend on memory. */
const PAIRS_BETWEEN_ESTIMATES = 32;

const copyOf = (regression: Regression): Regression => ({ ...regression, matrix: regression.matrix.slice(), right: regression.right.slice() });

/** Fits what was enumerated together with the random pairs, which share the weight of the sizes that were not. */
function fit(enumerated: Regression, plan: CoalitionPlan, pairs: ScoredCoalitions): { readonly values: Float64Array; readonly errors: Float64Array } {
  const regression = copyOf(enumerated);
  const weight = plan.sampledWeights.reduce((a, b) => a + b, 0) / Math.max(pairs.scores.length, 1);
  addCoalitions(regression, pairs, weight);
  const solution = solveRegression(regression);
  if (solution === undefined) throw new Error('internal: the single features do not determine the regression');
  const errors = plan.sampledSizes.length === 0 ? solution.values.map(() => 0) : regressionErrors(regression, solution, pairs, weight);
  return { values: solution.values, errors };
}

async function explainFeatures(scene: FeatureScene, plan: CoalitionPlan, context: MethodContext, done: (scored: number) => void): Promise<Estimate> {
  const { features, enumerated, weights, pairs } = plan;
  const ends = await scoreCoalitions(scene, Uint8Array.from({ length: 2 * features }, (_, i) => (i < features ? 0 : 1)));
  const [none, all] = [ends[0]!, ends[1]!];
  if (features === 1) {
    const exact = featureEstimate(scene, [all - none], [0], 2);
    context.estimate(() => exact);
    return exact;
  }
  const regression = emptyRegression(features, { none, all });
  addCoalitions(regression, { kept: enumerated, scores: await scoreCoalitions(scene, enumerated, done), weights });

  const kept = new Uint8Array(2 * pairs * features);
  const scores = new Float64Array(2 * pairs);
  const upTo = (made: number): ScoredCoalitions =>
    ({ kept: kept.subarray(0, 2 * made * features), scores: scores.subarray(0, 2 * made), weights: new Float64Array(2 * made).fill(1) });
  const estimate = (made: number): Estimate => {
    const { values, errors } = fit(regression, plan, upTo(made));
    return featureEstimate(scene, values, errors, 2 + weights.length + 2 * made);
  };
  for (let first = 0; first < pairs; first += PAIRS_BETWEEN_ESTIMATES) {
    const made = Math.min(first + PAIRS_BETWEEN_ESTIMATES, pairs);
    for (let pair = first; pair < made; pair++) kept.set(drawPair(plan, context.random(scene.sample, `pair ${pair}`)), 2 * pair * features);
    scores.set(await scoreCoalitions(scene, kept.subarray(2 * first * features, 2 * made * features)), 2 * first);
    done(weights.length + 2 * made);
    if (context.estimate(() => estimate(made))) return estimate(made);
  }
  if (pairs === 0) context.estimate(() => estimate(0));
  return estimate(pairs);
}

function planFor(features: number, samples: number | undefined): CoalitionPlan {
  const budget = samples ?? 2 * features + 2048;
  // Two features have no coalitions besides the single ones.
  const least = features === 2 ? 2 : 2 * features;
  if (budget >= least) return planCoalitions(features, budget);
  throw new PellucidError('OPTION_INVALID', { option: 'samples', name: 'kernel-shap', expected: `at least ${least} for ${features} features`, actual: budget });
}

/**
 * Kernel SHAP: Shapley values as the solution of a weighted regression on the scores of coalitions of features. Exact where the budget covers all
 * coalitions, otherwise with standard errors. In the input's shape, every value of a feature alike; sums to f(x) - f(baseline).
 * @see {@link https://arxiv.org/abs/1705.07874 | Lundberg and Lee 2017}, theorem 2; {@link https://arxiv.org/abs/2012.01536 | Covert and Lee 2021}, section 4 (paired sampling)
 */
export const kernelShap: MethodFactory<never, KernelShapOptions> = defineMethod({
  name: 'kernel-shap',
  title: 'Kernel SHAP',
  paper: {
    authors: 'Lundberg, Lee',
    year: 2017,
    title: 'A Unified Approach to Interpreting Model Predictions',
    url: 'https://arxiv.org/abs/1705.07874',
  },
  kind: 'local',
  needs: [],
  options: { samples: samplesOption, features: featuresOption(), baseline: baselineOption('zero', 'What stands where a feature is away.') },
  async explain(model, batch, { samples: budget, features, baseline: kind }, context) {
    const { input } = batch;
    const samples = batchSize(input);
    const masks = featureMasks(features, batch);
    const plans = masks.map((mask) => planFor(mask.count, budget));
    const baseline = makeBaseline(kind, batch, context);
    const estimates: Estimate[] = [];
    const totals = plans.map(({ weights, pairs }) => weights.length + 2 * pairs);
    const total = totals.reduce((a, b) => a + b, 0);
    for (let sample = 0; sample < samples; sample++) {
      const mask = masks[sample]!;
      const before = totals.slice(0, sample).reduce((a, b) => a + b, 0);
      const scene = { model, batch, context, sample, mask, baseline: sampleData(baseline, sample) };
      estimates.push(await explainFeatures(scene, plans[sample]!, context, (scored) => { context.progress(before + scored, total); }));
    }
    return joinEstimates(estimates);
  },
});
