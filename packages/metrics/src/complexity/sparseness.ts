import { defineMetric, type MetricFactory } from '@pellucid/core';
import { magnitudes } from './magnitudes.ts';

/** Gini's index of values that are not negative: sum_i (2 i - n - 1) a_(i) / (n sum a), ascending; 0 where all are equal. */
export function giniIndex(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  const sum = sorted.reduce((a, b) => a + b, 0);
  if (sum === 0) return 0;
  return sorted.reduce((total, value, i) => total + (2 * (i + 1) - sorted.length - 1) * value, 0) / (sorted.length * sum);
}

/**
 * Sparseness: Gini's index of the pixels' magnitudes: sum_i (2 i - n - 1) |a|_(i) / (n sum |a|). Higher is sparser; 0 (all pixels equal) to
 * 1 - 1/n (a single pixel). No passes.
 * @see {@link https://arxiv.org/abs/1810.06583 | Chalasani et al. 2020}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const sparseness: MetricFactory<object> = defineMetric<object>({
  name: 'sparseness',
  title: 'Sparseness (Gini index)',
  category: 'complexity',
  direction: 'higher',
  equation: 'Gini\'s index of the magnitudes of pixels: Σ_i (2i − n − 1) abs(a)_(i) / (n Σ abs(a)); at most 1 − 1/n.',
  range: [0, 1],
  cost: 'No passes.',
  limits: 'Whether the map is right: a single pixel is the sparsest.',
  paper: {
    authors: 'Chalasani, Chen, Chowdhury, Jha, Wu', year: 2020, title: 'Concise Explanations of Neural Networks using Adversarial Training',
    url: 'https://arxiv.org/abs/1810.06583',
  },
  needsMask: false,
  options: {},
  score: (subject, _options, context) => Promise.resolve().then(() => Float64Array.from(magnitudes(subject, 'sparseness', context), giniIndex)),
});
