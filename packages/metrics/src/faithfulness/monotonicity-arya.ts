import { defineMetric, type MetricFactory } from '@pellucid/core';
import { makeRemoval } from '../removal/removal.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { sameForAll, scoreVariants } from '../subject/variants.ts';
import { steppedOptions, type SteppedOptions } from './options.ts';
import { stepBoundaries } from './perturbation-curve.ts';
import { groupPixels } from './pixel-groups.ts';

/**
 * Monotonicity after Arya: from an image without information, pixels are put back in n equal groups, the lowest magnitudes first; 1 where
 * the target's score never falls, else 0. Higher is better. n + 1 forward passes per sample.
 * @see {@link https://arxiv.org/abs/1909.03012 | Arya et al. 2019}; {@link https://arxiv.org/abs/1905.12698 | Luss et al. 2019}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const monotonicityArya: MetricFactory<SteppedOptions> = defineMetric<SteppedOptions>({
  name: 'monotonicity-arya',
  title: 'Monotonicity (Arya)',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'From the substrate, groups come back, lowest magnitudes first: 1 where *f_k* never falls, else 0.',
  range: [0, 1],
  cost: '`steps` + 1 forward passes.',
  limits: 'One fall anywhere is as bad as many; with real networks it is nearly always 0.',
  paper: {
    authors: 'Arya, Bellamy, Chen, Dhurandhar, Hind, Hoffman, Houde, Liao, Luss, Mojsilović and others', year: 2019,
    title: 'One Explanation Does Not Fit All: A Toolkit and Taxonomy of AI Explainability Techniques', url: 'https://arxiv.org/abs/1909.03012',
  },
  needsMask: false,
  options: steppedOptions(),
  score: async (subject, { steps, substrate, objective }, context) => {
    validateSubject(subject);
    const ordered = groupPixels(subject, steps, 'lowest-magnitude');
    const ends = stepBoundaries(ordered[0]!.pixels.length, steps);
    const remove = makeRemoval(subject, substrate, context.seed);
    const curves = await scoreVariants(subject, sameForAll(subject, ends.length), (sample, step, image) => {
      remove(sample, ordered[sample]!.pixels.subarray(ends[step]), image);
    }, objective, context);
    return Float64Array.from(curves, (curve) => (curve.every((value, k) => k === 0 || value >= curve[k - 1]!) ? 1 : 0));
  },
});
