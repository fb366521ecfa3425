import { defineMetric, numberOption, type MetricFactory } from '@pellucid/core';
import { magnitudes } from './magnitudes.ts';

/** Options of effective complexity. */
export interface EffectiveComplexityOptions {
  /** A pixel counts above this share of the map's largest magnitude. @defaultValue 0.00001 */
  readonly threshold: number;
}

/**
 * Effective complexity: the number of pixels with |a_i| > threshold x max |a|. Lower is simpler; 0 (a map of zeros) to n. No passes.
 * @see {@link https://arxiv.org/abs/2007.07584 | Nguyen and Martínez 2020}, which leaves the threshold open
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const effectiveComplexity: MetricFactory<EffectiveComplexityOptions> = defineMetric<EffectiveComplexityOptions>({
  name: 'effective-complexity',
  title: 'Effective complexity',
  category: 'complexity',
  direction: 'lower',
  equation: 'Number of pixels above `threshold` × the largest magnitude; at most n.',
  range: [0, Infinity],
  cost: 'No passes.',
  limits: 'Whether the map is right: a single pixel is the simplest. The threshold decides.',
  paper: {
    authors: 'Nguyen, Martínez', year: 2020, title: 'On quantitative aspects of model interpretability', url: 'https://arxiv.org/abs/2007.07584',
  },
  needsMask: false,
  options: { threshold: numberOption(1e-5, 0, 1, 'A pixel counts above this share of the largest magnitude of the map.') },
  score: (subject, { threshold }, context) => Promise.resolve().then(() =>
    Float64Array.from(magnitudes(subject, 'effective-complexity', context), (map) => {
      const limit = threshold * map.reduce((a, b) => Math.max(a, b), 0);
      return map.filter((value) => value > limit).length;
    })),
});
