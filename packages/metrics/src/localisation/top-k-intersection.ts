import { defineMetric, integerOption, type MetricFactory } from '@pellucid/core';
import { evidenceOption, maskedMaps, topShareInside, type EvidenceOptions } from './masked-maps.ts';

/** Options of the top-k intersection. */
export interface TopKIntersectionOptions extends EvidenceOptions {
  /** Number of highest pixels; all of them in images with fewer. @defaultValue 1000 */
  readonly k: number;
}

/**
 * Top-k intersection: the share of the k highest pixels that lies on the object; of equal pixels at the limit the expected number counts.
 * Higher is better, 0 to min(1, area / k); NaN for an empty mask. No passes.
 * @see {@link https://arxiv.org/abs/2104.14995 | Theiner et al. 2021}
 * @throws REQUEST_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const topKIntersection: MetricFactory<TopKIntersectionOptions> = defineMetric<TopKIntersectionOptions>({
  name: 'top-k-intersection',
  title: 'Top-k intersection',
  category: 'localisation',
  direction: 'higher',
  equation: 'Share of the *k* highest pixels that are on the object; at the limit the expected number of equal ones. At most area / k for objects smaller than *k*.',
  range: [0, 1],
  cost: 'No passes.',
  noScore: 'The mask is empty.',
  limits: 'What is right for objects smaller than *k*.',
  paper: {
    authors: 'Theiner, Müller-Budack, Ewerth', year: 2021, title: 'Interpretable Semantic Photo Geolocation', url: 'https://arxiv.org/abs/2104.14995',
  },
  needsMask: true,
  options: { k: integerOption(1000, 1, 'Number of highest pixels; all of them in images with fewer.'), evidence: evidenceOption() },
  score: (subject, { evidence, k }, context) => Promise.resolve().then(() =>
    Float64Array.from(maskedMaps(subject, 'top-k-intersection', evidence, context), (masked) =>
      (masked.area === 0 ? NaN : topShareInside(masked, Math.min(k, masked.map.length))))),
});
