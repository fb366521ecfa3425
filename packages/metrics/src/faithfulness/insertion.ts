import { defineMetric, type MetricFactory } from '@pellucid/core';
import { perturbationOptions, RISE, type PerturbationOptions } from './options.ts';
import { perturbationCurves } from './perturbation-curve.ts';
import { validateSubject } from '../subject/validate-subject.ts';

/**
 * Insertion: start from an image without information, put the pixels of highest value back first, and average the probability of the
 * target. A faithful map makes it rise fast, so higher is better. Range 0 to 1.
 * @see {@link https://arxiv.org/abs/1806.07421 | Petsiuk et al. 2018}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const insertion: MetricFactory<PerturbationOptions> = defineMetric<PerturbationOptions>({
  name: 'insertion',
  title: 'Insertion',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'As deletion, from the substrate to the image: group *k* puts pixels back. (Σ_{k=0..n} p_k − (p_0 + p_n)/2) / n.',
  range: [0, 1],
  cost: '`steps` + 1 forward passes.',
  limits: 'A blurred image may still show the class, so that any map starts high. Maps that are compact score better than scattered ones of equal truth, as neighbouring pixels together look like a picture.',
  paper: RISE,
  needsMask: false,
  curve: { horizontal: 'share of pixels put back', vertical: 'probability of the target' },
  options: perturbationOptions('blur'),
  curves: (subject, { steps, substrate }, context) => {
    validateSubject(subject);
    const perturbation = { first: 'highest', towards: 'image', substrate, steps, objective: 'probability' } as const;
    return perturbationCurves(subject, perturbation, context);
  },
});
