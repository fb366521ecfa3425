import { defineMetric, type MetricFactory } from '@pellucid/core';
import { perturbationOptions, RISE, type PerturbationOptions } from './options.ts';
import { perturbationCurves } from './perturbation-curve.ts';
import { validateSubject } from '../subject/validate-subject.ts';

/**
 * Deletion: take the pixels of highest value away first and average the probability of the target that is left. A faithful map makes
 * it fall fast, so lower is better. Range 0 to 1.
 * @see {@link https://arxiv.org/abs/1806.07421 | Petsiuk et al. 2018}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const deletion: MetricFactory<PerturbationOptions> = defineMetric<PerturbationOptions>({
  name: 'deletion',
  title: 'Deletion',
  category: 'faithfulness',
  direction: 'lower',
  paper: RISE,
  needsMask: false,
  curve: { horizontal: 'share of pixels removed', vertical: 'probability of the target' },
  options: perturbationOptions('zero'),
  curves: (subject, { steps, substrate }, context) => {
    validateSubject(subject);
    const perturbation = { first: 'highest', towards: 'substrate', substrate, steps, objective: 'probability' } as const;
    return perturbationCurves(subject, perturbation, context);
  },
});
