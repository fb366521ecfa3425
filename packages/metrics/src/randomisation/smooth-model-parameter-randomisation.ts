import { choiceOption, defineMetric, integerOption, numberOption, type MetricFactory } from '@pellucid/core';
import { writeNoise } from '../robustness/noisy-maps.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { explainVariants, sameForAll } from '../subject/variants.ts';
import { meanSimilarity } from './mean-similarity.ts';
import type { ModelParameterRandomisationOptions } from './model-parameter-randomisation.ts';

/** Options of the smooth model parameter randomisation test. */
export interface SmoothModelParameterRandomisationOptions extends ModelParameterRandomisationOptions {
  /** Standard deviation of the noise, in units of the input. @defaultValue 0.1 */
  readonly deviation: number;
  /** Noisy copies of a sample whose maps are averaged. @defaultValue 10 */
  readonly draws: number;
}

const NAME = 'smooth-model-parameter-randomisation';

/**
 * Smooth model parameter randomisation test (sMPRT): as the test, of maps averaged over noisy copies of the input, so that the noise of a map does not
 * pass for a change. Lower is better, -1 to 1. `draws` explanations per layer and as many for the model as it is.
 * @see {@link https://arxiv.org/abs/2405.02383 | Hedström et al. 2024}
 * @throws CAPABILITY_MISSING where the backend does not show parameters; REQUEST_INVALID without `explain`; SHAPE_MISMATCH, INPUT_NOT_FINITE,
 * TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const smoothModelParameterRandomisation: MetricFactory<SmoothModelParameterRandomisationOptions> = defineMetric<SmoothModelParameterRandomisationOptions>({
  name: NAME,
  title: 'Smooth model parameter randomisation test',
  category: 'randomisation',
  direction: 'lower',
  equation: 'As the model parameter randomisation test, of maps averaged over `draws` noisy copies of the input, the same for every model.',
  range: [-1, 1],
  cost: '`draws` explanations per layer and for the model as it is, a model per layer.',
  noScore: 'The model learnt nothing.',
  limits: 'Edges of the input show in many faithful maps, of random networks too.',
  paper: {
    authors: 'Hedström, Weber, Lapuschkin, Höhne', year: 2024, title: 'A Fresh Look at Sanity Checks for Saliency Maps', url: 'https://arxiv.org/abs/2405.02383',
  },
  needsMask: false,
  needs: ['explanation', 'weights'],
  options: {
    order: choiceOption(['cascading', 'bottom-up', 'independent'], 'cascading', 'From the output down, from the input up, or each layer by itself.'),
    deviation: numberOption(0.1, Number.MIN_VALUE, Number.MAX_VALUE, 'Standard deviation of the noise, in units of the input.'),
    draws: integerOption(10, 1, 'Noisy copies of a sample whose maps are averaged.'),
  },
  score: async (subject, { order, deviation, draws }, context) => {
    validateSubject(subject);
    const write = writeNoise(subject, { metric: NAME, kind: 'normal', scale: deviation, draws }, context);
    return meanSimilarity(subject, NAME, order, context, async (explain, model) => {
      const maps = await explainVariants({ ...subject, explain }, sameForAll(subject, draws), write, context, model && { model });
      return maps.map((noisy) => noisy.reduce((sum, map) => sum.map((value, i) => value + map[i]! / draws), new Float32Array(noisy[0]?.length ?? 0)));
    });
  },
});
