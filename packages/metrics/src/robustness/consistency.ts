import { defineMetric, integerOption, type MetricFactory, type Paper } from '@pellucid/core';
import { orderPixels } from '../pixels.ts';
import { compareWithReferences, sharePredictedAlike } from '../subject/references.ts';

/** The publication of consistency and sufficiency. */
export const DASGUPTA: Paper = {
  authors: 'Dasgupta, Frost, Moshkovitz', year: 2022, title: 'Framework for Evaluating Faithfulness of Local Explanations', url: 'https://arxiv.org/abs/2202.00734',
};

/** Options of consistency. */
export interface ConsistencyOptions {
  /** Two maps say the same where the same values are this many highest ones. @defaultValue 5 */
  readonly top: number;
}

/**
 * Consistency: of the reference samples with the same discretised map (the set of its highest values), the share for which the model predicts the
 * same class. Higher is better, 0 to 1; NaN where no reference has that map. One forward pass.
 * @see {@link https://arxiv.org/abs/2202.00734 | Dasgupta et al. 2022}
 * @throws REQUEST_INVALID without `references`; SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const consistency: MetricFactory<ConsistencyOptions> = defineMetric<ConsistencyOptions>({
  name: 'consistency',
  title: 'Consistency',
  category: 'robustness',
  direction: 'higher',
  equation: 'Of the `references` with the same set of `top` highest values, the share with the same prediction.',
  range: [0, 1],
  cost: 'One forward pass.',
  noScore: 'No reference has that set.',
  limits: 'What sufficiency cannot tell.',
  paper: DASGUPTA,
  needsMask: false,
  needs: ['references'],
  options: { top: integerOption(5, 1, 'Two maps say the same where the same values are this many highest ones.') },
  score: async (subject, { top }, context) => {
    const { samples, references } = await compareWithReferences(subject, 'consistency', context);
    const discretise = (map: Float32Array): string => [...orderPixels(Float64Array.from(map)).subarray(0, top)].sort((a, b) => a - b).join();
    const known = references.map((reference) => ({ reference, key: discretise(reference.map) }));
    return Float64Array.from(samples, (sample) => {
      const own = discretise(sample.map);
      return sharePredictedAlike(sample, known.filter(({ key }) => key === own).map(({ reference }) => reference));
    });
  },
});
