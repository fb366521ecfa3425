import { choiceOption, defineMetric, sampleData, tensor, type MetricFactory, type OptionSpecs, type Paper } from '@pellucid/core';
import { sumChannels } from '../pixels.ts';
import { spearman } from '../statistics/correlation.ts';
import { requirePart } from '../subject/require-part.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { explainVariants, sameForAll } from '../subject/variants.ts';
import { randomisedLayers, requireParameters, withRandomised, type RandomisationOrder } from './randomised-models.ts';

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
  paper: SANITY,
  needsMask: false,
  needs: ['explanation', 'weights'],
  options,
  score: async (subject, { order }, context) => {
    validateSubject(subject);
    const parameters = requireParameters(subject, 'model-parameter-randomisation');
    const explain = requirePart(subject, 'explain', 'model-parameter-randomisation');
    const { values, layout } = subject;
    const magnitudesOf = (data: Float32Array): Float64Array => sumChannels(tensor([1, ...values.shape.slice(1)], data), layout).maps[0]!.map(Math.abs);
    const own = Array.from({ length: values.shape[0]! }, (_, sample) => magnitudesOf(sampleData(values, sample)));
    const steps = randomisedLayers(await parameters.read(), order);
    const scores = new Float64Array(own.length).fill(steps.length === 0 ? NaN : 0);
    for (const layers of steps) {
      const maps = await withRandomised(parameters, layers, context, (model) =>
        explainVariants({ ...subject, explain }, sameForAll(subject, 1), () => undefined, context, { model }));
      maps.forEach(([map = new Float32Array(0)], sample) => (scores[sample]! += spearman(own[sample]!, magnitudesOf(map)) / steps.length));
    }
    return scores;
  },
});
