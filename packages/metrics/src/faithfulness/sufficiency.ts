import { defineMetric, numberOption, type MetricFactory } from '@pellucid/core';
import { DASGUPTA } from '../robustness/consistency.ts';
import { difference, euclideanNorm } from '../statistics/norms.ts';
import { compareWithReferences, sharePredictedAlike } from '../subject/references.ts';

/** Options of sufficiency. */
export interface SufficiencyOptions {
  /** Maps are alike up to this distance of their directions, 0 to 2. @defaultValue 0.6 */
  readonly radius: number;
}

const direction = (map: Float32Array): Float64Array => {
  const norm = euclideanNorm(map);
  return Float64Array.from(map, (value) => (norm === 0 ? 0 : value / norm));
};

/**
 * Sufficiency: of the reference samples whose maps are alike, ||a / ||a|| - b / ||b|| || <= radius, the share for which the model predicts the same
 * class. Higher is better, 0 to 1; NaN where no reference is alike. One forward pass.
 * @see {@link https://arxiv.org/abs/2202.00734 | Dasgupta et al. 2022}
 * @throws REQUEST_INVALID without `references`; SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const sufficiency: MetricFactory<SufficiencyOptions> = defineMetric<SufficiencyOptions>({
  name: 'sufficiency',
  title: 'Sufficiency',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'Of the `references` with ‖a/‖a‖ − b/‖b‖‖ ≤ `radius`, the share with the same prediction. The reference set is fixed by the caller, so that the score does not depend on the batch.',
  range: [0, 1],
  cost: 'One forward pass.',
  noScore: 'No reference is alike.',
  limits: 'Nothing where maps are all different, as is usual with few references.',
  paper: DASGUPTA,
  needsMask: false,
  needs: ['references'],
  options: { radius: numberOption(0.6, 0, 2, 'Maps are alike up to this distance of their directions.') },
  score: async (subject, { radius }, context) => {
    const { samples, references } = await compareWithReferences(subject, 'sufficiency', context);
    const known = references.map((reference) => ({ reference, direction: direction(reference.map) }));
    return Float64Array.from(samples, (sample) => {
      const own = direction(sample.map);
      return sharePredictedAlike(sample, known.filter((other) => euclideanNorm(difference(own, other.direction)) <= radius).map(({ reference }) => reference));
    });
  },
});
