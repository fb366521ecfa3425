import { choiceOption, defineMetric, sampleData, type MetricFactory, type OptionSpecs, type Paper } from '@pellucid/core';
import { validateSubject } from '../subject/validate-subject.ts';
import { explainVariants, sameForAll } from '../subject/variants.ts';
import { meanSimilarity } from './mean-similarity.ts';
import type { RandomisationOrder } from './randomised-models.ts';

/** Options of the model parameter randomisation test. */
export interface ModelParameterRandomisationOptions {
  /** From the output down (`cascading`), from the input up, or each layer by itself. @defaultValue 'cascading' */
  readonly order: RandomisationOrder;
}

const SANITY: Paper = {
  authors: 'Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim', year: 2018, title: 'Sanity Checks for Saliency Maps', url: 'https://arxiv.org/abs/1810.03292',
};

const options: OptionSpecs<ModelParameterRandomisationOptions> = {
  order: choiceOption(['cascading', 'bottom-up', 'independent'], 'cascading', 'From the output down, from the input up, or each layer by itself.'),
};

/**
 * Model parameter randomisation test (MPRT): mean over layers of Spearman's rank correlation of |a| with |a'|, pixel by pixel, where a' explains
 * the model whose parameters up to that layer are random: normal, with the mean and deviation of each tensor, every tensor by random numbers of its own. The model
 * as it is does not count. Lower is better, -1 to 1. One explanation per layer.
 * @see {@link https://arxiv.org/abs/1810.03292 | Adebayo et al. 2018}, section 3
 * @throws CAPABILITY_MISSING where the backend does not show parameters; REQUEST_INVALID without `explain`; SHAPE_MISMATCH, INPUT_NOT_FINITE,
 * TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const modelParameterRandomisation: MetricFactory<ModelParameterRandomisationOptions> = defineMetric<ModelParameterRandomisationOptions>({
  name: 'model-parameter-randomisation',
  title: 'Model parameter randomisation test',
  category: 'randomisation',
  direction: 'lower',
  equation: 'Mean over layers of Spearman over pixels of abs(a) and abs(a\'), where a\' explains the model whose layers are random from the output down (`cascading`), from the input up (`bottom-up`) or one by one (`independent`): normal numbers with each tensor\'s mean and deviation, every tensor with its own, without their signs where the tensor has no negative value (variances). The model as it is does not count.',
  range: [-1, 1],
  cost: 'An explanation and a model per layer.',
  noScore: 'The model learnt nothing.',
  limits: 'Edges of the input show in many faithful maps, of random networks too.',
  paper: SANITY,
  needsMask: false,
  needs: ['explanation', 'weights'],
  options,
  score: async (subject, { order }, context) => {
    validateSubject(subject);
    const { values } = subject;
    return meanSimilarity(subject, 'model-parameter-randomisation', order, context, (explain, model) => (model === undefined
      ? Promise.resolve(Array.from({ length: values.shape[0]! }, (_, sample) => sampleData(values, sample)))
      : explainVariants({ ...subject, explain }, sameForAll(subject, 1), () => undefined, context, { model }).then((maps) => maps.map(([map]) => map ?? new Float32Array(0)))));
  },
});
