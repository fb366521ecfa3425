import { defineMetric, numberOption, type MetricFactory } from '@pellucid/core';
import { sumChannels } from '../pixels.ts';
import { makeRemoval, substrateOption, type Substrate } from '../removal/removal.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { sameForAll, scoreVariants } from '../subject/variants.ts';

/** Options of non-sensitivity. */
export interface NonSensitivityOptions {
  /** A value of at most this share of the map's largest magnitude, or of the sample's logit, counts as 0. @defaultValue 0.00001 */
  readonly threshold: number;
  /** What a pixel that is taken away holds. @defaultValue 'uniform' */
  readonly substrate: Substrate;
}

/**
 * Non-sensitivity: the share of pixels for which exactly one of the map's value and the change of the target's logit, when the pixel alone is
 * replaced, is 0 up to the threshold. Lower is better, 0 to 1. A forward pass per pixel and one more.
 * @see {@link https://arxiv.org/abs/2007.07584 | Nguyen and Martínez 2020}, which counts pixels
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const nonSensitivity: MetricFactory<NonSensitivityOptions> = defineMetric<NonSensitivityOptions>({
  name: 'non-sensitivity',
  title: 'Non-sensitivity',
  category: 'axiom',
  direction: 'lower',
  equation: 'Share of pixels for which exactly one of the map and the change of the logit without the pixel is 0, up to `threshold`.',
  range: [0, 1],
  cost: 'A forward pass per pixel and one more.',
  limits: 'Pixels that matter only together.',
  paper: { authors: 'Nguyen, Martínez', year: 2020, title: 'On quantitative aspects of model interpretability', url: 'https://arxiv.org/abs/2007.07584' },
  needsMask: false,
  options: {
    threshold: numberOption(1e-5, 0, 1, 'A value of at most this share of the largest magnitude of the map, or of the logit, counts as 0.'),
    substrate: substrateOption('uniform'),
  },
  score: async (subject, { threshold, substrate }, context) => {
    validateSubject(subject);
    const { maps } = sumChannels(subject.values, subject.layout);
    const pixels = maps[0]!.length;
    const remove = makeRemoval(subject, substrate, context.seed);
    const scores = await scoreVariants(subject, sameForAll(subject, pixels + 1), (sample, pixel, image) => {
      if (pixel < pixels) remove(sample, Uint32Array.of(pixel), image);
    }, 'logit', context);
    return Float64Array.from(scores, (row, sample) => {
      const map = maps[sample]!;
      const whole = row[pixels]!;
      const smallest = threshold * map.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      return map.filter((value, pixel) => (Math.abs(value) <= smallest) !== (Math.abs(row[pixel]! - whole) <= threshold * Math.abs(whole))).length / pixels;
    });
  },
});
