import { defineMetric, type MetricFactory } from '@pellucid/core';
import { CLEVR_XAI } from './clevr.ts';
import { evidenceOption, maskedMaps, shareInside, type EvidenceOptions } from './masked-maps.ts';

/**
 * Relevance mass accuracy: relevance on the object over all relevance, where the relevance of a pixel is its channels' sum, without its
 * negative part or without its sign. With positive evidence it equals energy inside. Higher is better, 0 to 1; NaN for an empty mask. No
 * passes.
 * @see {@link https://arxiv.org/abs/2003.07258 | Arras et al. 2022}, eq. 2
 * @throws REQUEST_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const relevanceMassAccuracy: MetricFactory<EvidenceOptions> = defineMetric<EvidenceOptions>({
  name: 'relevance-mass-accuracy',
  title: 'Relevance mass accuracy',
  category: 'localisation',
  direction: 'higher',
  equation: 'Σ_{object} a⁺ / Σ a⁺. Maps without any evidence count as constant ones.',
  range: [0, 1],
  cost: 'No passes.',
  noScore: 'The mask is empty.',
  limits: 'Large objects are easy. Context that the network rightly uses counts as a fault.',
  paper: CLEVR_XAI,
  needsMask: true,
  options: { evidence: evidenceOption() },
  score: (subject, { evidence }, context) => Promise.resolve().then(() =>
    Float64Array.from(maskedMaps(subject, 'relevance-mass-accuracy', evidence, context), (masked) => (masked.area === 0 ? NaN : shareInside(masked)))),
});
