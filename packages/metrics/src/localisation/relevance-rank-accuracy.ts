import { defineMetric, type MetricFactory } from '@pellucid/core';
import { CLEVR_XAI } from './clevr.ts';
import { evidenceOption, maskedMaps, topShareInside, type EvidenceOptions } from './masked-maps.ts';

/**
 * Relevance rank accuracy: with K pixels on the object, the share of the K highest pixels that lies on it; of equal pixels at the limit the
 * expected number counts. Higher is better, 0 to 1; NaN for an empty mask. No passes.
 * @see {@link https://arxiv.org/abs/2003.07258 | Arras et al. 2022}, eq. 4
 * @throws REQUEST_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const relevanceRankAccuracy: MetricFactory<EvidenceOptions> = defineMetric<EvidenceOptions>({
  name: 'relevance-rank-accuracy',
  title: 'Relevance rank accuracy',
  category: 'localisation',
  direction: 'higher',
  equation: 'Share of the *k* highest pixels that are on the object, *k* its area; at the limit the expected number of equal ones.',
  range: [0, 1],
  cost: 'No passes.',
  noScore: 'The mask is empty.',
  limits: 'A network that needs a part of the object alone.',
  paper: CLEVR_XAI,
  needsMask: true,
  options: { evidence: evidenceOption() },
  score: (subject, { evidence }, context) => Promise.resolve().then(() =>
    Float64Array.from(maskedMaps(subject, 'relevance-rank-accuracy', evidence, context), (masked) =>
      (masked.area === 0 ? NaN : topShareInside(masked, masked.area)))),
});
