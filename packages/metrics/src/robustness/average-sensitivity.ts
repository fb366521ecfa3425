import { defineMetric, type MetricFactory } from '@pellucid/core';
import { relativeChanges, sensitivityOptions, YEH, type SensitivityOptions } from './sensitivity.ts';

/**
 * Average sensitivity: mean_k ||a(x_k) - a(x)|| / ||a(x)|| over random neighbours x_k, every value changed uniformly by at most the radius; Euclidean
 * norms. Lower is better, from 0. One explanation per draw.
 * @see {@link https://arxiv.org/abs/1901.09392 | Yeh et al. 2019}, definition 3.1, with the mean in place of the maximum
 * @throws REQUEST_INVALID without `explain`; SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const averageSensitivity: MetricFactory<SensitivityOptions> = defineMetric<SensitivityOptions>({
  name: 'average-sensitivity',
  title: 'Average sensitivity',
  category: 'robustness',
  direction: 'lower',
  equation: 'mean over uniform noise of ‖a(x\') − a(x)‖ / ‖a(x)‖.',
  range: [0, Infinity],
  cost: '`draws` explanations.',
  limits: 'What max-sensitivity cannot tell.',
  paper: YEH,
  needsMask: false,
  needs: ['explanation'],
  options: sensitivityOptions,
  score: async (subject, options, context) =>
    Float64Array.from(await relativeChanges(subject, 'average-sensitivity', options, context), (changes) => changes.reduce((a, b) => a + b, 0) / changes.length),
});
