import { defineMetric, flagOption, type MetricFactory } from '@pellucid/core';
import { evidenceOption, maskedMaps, shareInside, type EvidenceOptions } from './masked-maps.ts';

/** Options of energy inside. */
export interface EnergyInsideOptions extends EvidenceOptions {
  /** Divides the share by the object's share of the image: 1 for a constant map whatever the size. @defaultValue false */
  readonly relativeToArea: boolean;
}

/**
 * Energy inside (energy-based pointing game, attribution localisation): sum of the positive values on the object over that of all. Higher
 * is better, 0 to 1 (relative to the area: up to pixels / area); NaN for an empty mask. No passes.
 * @see {@link https://arxiv.org/abs/1910.01279 | Wang et al. 2020}
 * @throws REQUEST_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const energyInside: MetricFactory<EnergyInsideOptions> = defineMetric<EnergyInsideOptions>({
  name: 'energy-inside',
  title: 'Energy inside',
  category: 'localisation',
  direction: 'higher',
  equation: 'Σ_{object} a⁺ / Σ a⁺; `relativeToArea` divides by the object\'s share of the image. Maps without any evidence count as constant ones.',
  range: [0, Infinity],
  cost: 'No passes.',
  noScore: 'The mask is empty.',
  limits: 'Large objects are easy. Context that the network rightly uses counts as a fault.',
  paper: {
    authors: 'Wang, Wang, Du, Yang, Zhang, Ding, Mardziel, Hu', year: 2020,
    title: 'Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks', url: 'https://arxiv.org/abs/1910.01279',
  },
  needsMask: true,
  options: {
    relativeToArea: flagOption(false, 'Divide the share by the object\'s share of the image.'),
    evidence: evidenceOption(),
  },
  score: (subject, { evidence, relativeToArea }, context) => Promise.resolve().then(() =>
    Float64Array.from(maskedMaps(subject, 'energy-inside', evidence, context), (masked) => {
      if (masked.area === 0) return NaN;
      return shareInside(masked) * (relativeToArea ? masked.map.length / masked.area : 1);
    })),
});
