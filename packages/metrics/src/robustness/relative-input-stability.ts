import { defineMetric, sampleData, type MetricFactory } from '@pellucid/core';
import { AGARWAL, relativeChange, relativeStability, relativeStabilityOptions, type RelativeStabilityOptions } from './relative-stability.ts';

/**
 * Relative input stability (RIS): max over noisy x' of the same predicted class of ||(a(x') - a(x)) / a(x)|| / ||(x' - x) / x||, element by
 * element, magnitudes below 1e-6 taken as that. Lower is better, from 0; NaN where the class always changes. One explanation and one forward
 * pass per draw.
 * @see {@link https://arxiv.org/abs/2203.06877 | Agarwal et al. 2022}, eq. 2
 * @throws REQUEST_INVALID without `explain`; SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const relativeInputStability: MetricFactory<RelativeStabilityOptions> = defineMetric<RelativeStabilityOptions>({
  name: 'relative-input-stability',
  title: 'Relative input stability',
  category: 'robustness',
  direction: 'lower',
  equation: 'max over noisy x\' of the same class of ‖(a\' − a)/a‖ / ‖(x\' − x)/x‖, magnitudes below 1e-6 taken as that.',
  range: [0, Infinity],
  cost: '`draws` explanations and forward passes.',
  noScore: 'The predicted class changes with every draw.',
  limits: 'Values of a map near 0 dominate the quotient.',
  paper: AGARWAL,
  needsMask: false,
  needs: ['explanation'],
  options: relativeStabilityOptions,
  score: (subject, options, context) => relativeStability(subject, 'relative-input-stability', options, context, ({ image }) =>
    Promise.resolve((sample, draw) => relativeChange(sampleData(subject.input, sample), image(sample, draw)))),
});
