import { defineMetric, type MetricFactory } from '@pellucid/core';
import { magnitudes } from './magnitudes.ts';

/** Shannon's entropy of shares, in nats; that of equal shares where there is nothing to share. */
function shannonEntropy(values: Float64Array): number {
  const sum = values.reduce((a, b) => a + b, 0);
  if (sum === 0) return Math.log(values.length);
  return values.reduce((total, value) => (value === 0 ? total : total - (value / sum) * Math.log(value / sum)), 0);
}

/**
 * Entropy (complexity): -sum_i p_i ln p_i with p_i = |a_i| / sum |a| over pixels. Lower is simpler; 0 (a single pixel) to ln n (all pixels
 * equal). No passes.
 * @see {@link https://arxiv.org/abs/2005.00631 | Bhatt et al. 2020}, definition 4
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const entropy: MetricFactory<object> = defineMetric<object>({
  name: 'entropy',
  title: 'Entropy',
  category: 'complexity',
  direction: 'lower',
  equation: '−Σ p_i ln p_i with p_i = abs(a_i) / Σ abs(a); at most ln n.',
  range: [0, Infinity],
  cost: 'No passes.',
  limits: 'Whether the map is right: a single pixel is the simplest.',
  paper: {
    authors: 'Bhatt, Weller, Moura', year: 2020, title: 'Evaluating and Aggregating Feature-based Model Explanations', url: 'https://arxiv.org/abs/2005.00631',
  },
  needsMask: false,
  options: {},
  score: (subject, _options, context) => Promise.resolve().then(() => Float64Array.from(magnitudes(subject, 'entropy', context), shannonEntropy)),
});
