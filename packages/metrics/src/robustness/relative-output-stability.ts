import { defineMetric, type MetricFactory } from '@pellucid/core';
import { difference, euclideanNorm } from '../statistics/norms.ts';
import { AGARWAL, relativeStability, relativeStabilityOptions, type RelativeStabilityOptions } from './relative-stability.ts';

/**
 * Relative output stability (ROS): max over noisy x' of the same predicted class of ||(a(x') - a(x)) / a(x)|| / ||h(x') - h(x)|| with the logits h,
 * magnitudes below 1e-6 taken as that. Lower is better, from 0; NaN where the class always changes. One explanation and one forward pass
 * per draw.
 * @see {@link https://arxiv.org/abs/2203.06877 | Agarwal et al. 2022}, eq. 5
 * @throws REQUEST_INVALID without `explain`; SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const relativeOutputStability: MetricFactory<RelativeStabilityOptions> = defineMetric<RelativeStabilityOptions>({
  name: 'relative-output-stability',
  title: 'Relative output stability',
  category: 'robustness',
  direction: 'lower',
  equation: 'max over noisy x\' of the same class of ‖(a\' − a)/a‖ / ‖h(x\') − h(x)‖ with the logits *h*, magnitudes below 1e-6 taken as that.',
  range: [0, Infinity],
  cost: '`draws` explanations and forward passes.',
  noScore: 'The predicted class changes with every draw.',
  limits: 'Values of a map near 0 dominate the quotient.',
  paper: AGARWAL,
  needsMask: false,
  needs: ['explanation'],
  options: relativeStabilityOptions,
  score: (subject, options, context) => relativeStability(subject, 'relative-output-stability', options, context, ({ logits, ownLogits }) =>
    Promise.resolve((sample, draw) => euclideanNorm(difference(logits[sample]![draw]!, ownLogits[sample]!)))),
});
