import { defineMetric, integerOption, type MetricFactory } from '@pellucid/core';
import { substrateOption, type Substrate } from '../removal/removal.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import type { ScoredObjective } from '../subject/variants.ts';
import { objectiveOption } from './options.ts';
import { subsetCorrelation } from './subset-correlation.ts';

/** Options of the faithfulness correlation. */
export interface FaithfulnessCorrelationOptions {
  /** Pixels in a subset; at most half of them. @defaultValue 224 */
  readonly subsetSize: number;
  /** Number of random subsets. @defaultValue 100 */
  readonly subsets: number;
  /** What a pixel that is taken away holds. @defaultValue 'zero' */
  readonly substrate: Substrate;
  /** @defaultValue 'logit' */
  readonly objective: ScoredObjective;
}

/**
 * Faithfulness correlation: Pearson_S(sum_{i in S} a_i, f(x) - f(x without S)) over random subsets S of a fixed number of pixels: sensitivity-n
 * for one n that does not grow with the image. Higher is better, -1 to 1; 0 for a constant map. One forward pass per subset and one more.
 * @see {@link https://arxiv.org/abs/2005.00631 | Bhatt et al. 2020}, definition 3
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const faithfulnessCorrelation: MetricFactory<FaithfulnessCorrelationOptions> = defineMetric<FaithfulnessCorrelationOptions>({
  name: 'faithfulness-correlation',
  title: 'Faithfulness correlation',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'As sensitivity-n with a fixed number of pixels, at most half of them: Pearson_S(Σ_{i∈S} a_i, f(x) − f(x without S)).',
  range: [-1, 1],
  cost: '`subsets` + 1 forward passes.',
  limits: 'What sensitivity-n cannot tell; a fixed number of pixels is a small share of a large image.',
  paper: {
    authors: 'Bhatt, Weller, Moura', year: 2020, title: 'Evaluating and Aggregating Feature-based Model Explanations', url: 'https://arxiv.org/abs/2005.00631',
  },
  needsMask: false,
  options: {
    subsetSize: integerOption(224, 1, 'Pixels in a subset; at most half of them.'),
    subsets: integerOption(100, 2, 'Number of random subsets.'),
    substrate: substrateOption('zero'),
    objective: objectiveOption('logit'),
  },
  score: async (subject, { subsetSize, ...options }, context) => {
    validateSubject(subject);
    const size = (pixels: number): number => Math.max(Math.min(subsetSize, Math.floor(pixels / 2)), 1);
    return subsetCorrelation(subject, { name: 'faithfulness-correlation', size, ...options }, context);
  },
});
