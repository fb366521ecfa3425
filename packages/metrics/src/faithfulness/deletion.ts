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
  equation: '*p_k* is the softmax probability of the target after the first *k* of *n* equal groups of pixels, highest values first, were replaced by the substrate: (Σ_{k=0..n} p_k − (p_0 + p_n)/2) / n. The number of pixels in a group is rounded where `steps` does not divide the number of pixels; `steps` above it means one pixel each.',
  range: [0, 1],
  cost: '`steps` + 1 forward passes.',
  limits: 'Images with holes are unlike anything that the network has seen: a fall of the probability may come from the holes. A network that is unsure from the start scores low with any map.',
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
