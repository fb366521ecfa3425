import { defineMetric, type MetricFactory } from '@pellucid/core';
import { ranks } from '../statistics/correlation.ts';
import { evidenceOption, maskedMaps, type EvidenceOptions } from './masked-maps.ts';

/**
 * ROC AUC: the probability that a pixel of the object has a higher value than one outside, a tie counting half (Mann and Whitney):
 * (R - m (m + 1) / 2) / (m (n - m)), with R the sum of the ranks of the m pixels on the object among n. Higher is better, 0 to 1, 0.5 by
 * chance; NaN where the mask is empty or full. No passes.
 * @see {@link https://doi.org/10.1016/j.patrec.2005.10.010 | Fawcett 2006}, section 7
 * @throws REQUEST_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const rocAuc: MetricFactory<EvidenceOptions> = defineMetric<EvidenceOptions>({
  name: 'roc-auc',
  title: 'ROC AUC',
  category: 'localisation',
  direction: 'higher',
  equation: 'Probability that a pixel of the object is above one outside, ties half; 0.5 by chance.',
  range: [0, 1],
  cost: 'No passes.',
  noScore: 'The mask is empty or full.',
  limits: 'How much higher.',
  paper: { authors: 'Fawcett', year: 2006, title: 'An introduction to ROC analysis', url: 'https://doi.org/10.1016/j.patrec.2005.10.010' },
  needsMask: true,
  options: { evidence: evidenceOption() },
  score: (subject, { evidence }, context) => Promise.resolve().then(() =>
    Float64Array.from(maskedMaps(subject, 'roc-auc', evidence, context), ({ map, inside, area }) => {
      if (area === 0 || area === map.length) return NaN;
      const sum = ranks(map).reduce((total, rank, pixel) => total + rank * inside[pixel]!, 0);
      return (sum - (area * (area + 1)) / 2) / (area * (map.length - area));
    })),
});
