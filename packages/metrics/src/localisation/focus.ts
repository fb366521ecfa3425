import { defineMetric, type MetricFactory } from '@pellucid/core';
import { maskedMaps, shareInside } from './masked-maps.ts';

/**
 * Focus: on a mosaic of images, the share of the positive evidence that lies on the images of the target's class. Make the samples with
 * `makeMosaics`, which gives the masks as well. Higher is better, 0 to 1, 0.5 by chance; NaN for an empty mask. No passes.
 * @see {@link https://arxiv.org/abs/2109.15035 | Arias-Duart et al. 2022}, eq. 1
 * @throws REQUEST_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const focus: MetricFactory<object> = defineMetric<object>({
  name: 'focus',
  title: 'Focus',
  category: 'localisation',
  direction: 'higher',
  equation: 'On mosaics of `makeMosaics`: Σ a⁺ on images of the target\'s class / Σ a⁺; 0.5 by chance.',
  range: [0, 1],
  cost: 'No passes.',
  noScore: 'The mask is empty.',
  limits: 'A mosaic is unlike the training images; the network may be wrong on it.',
  paper: {
    authors: 'Arias-Duart, Parés, Garcia-Gasulla, Giménez-Ábalos', year: 2022, title: 'Focus! Rating XAI Methods and Finding Biases',
    url: 'https://arxiv.org/abs/2109.15035',
  },
  needsMask: true,
  options: {},
  score: (subject, _options, context) => Promise.resolve().then(() =>
    Float64Array.from(maskedMaps(subject, 'focus', 'positive', context), (masked) => (masked.area === 0 ? NaN : shareInside(masked)))),
});
