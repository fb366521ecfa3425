import { batchSize, defineMetric, type MetricFactory } from '@pellucid/core';
import { makeRemoval } from '../removal/removal.ts';
import { pearson } from '../statistics/correlation.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { scoreVariants } from '../subject/variants.ts';
import { steppedOptions, type SteppedOptions } from './options.ts';
import { groupPixels } from './pixel-groups.ts';

/**
 * Faithfulness estimate: with the pixels in n equal groups G_k from the highest values, Pearson_k(sum_{i in G_k} a_i, f(x) - f(x without G_k)):
 * one group at a time. Higher is better, -1 to 1; 0 for a constant map. n + 1 forward passes per sample.
 * @see {@link https://arxiv.org/abs/1806.07538 | Alvarez-Melis and Jaakkola 2018}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const faithfulnessEstimate: MetricFactory<SteppedOptions> = defineMetric<SteppedOptions>({
  name: 'faithfulness-estimate',
  title: 'Faithfulness estimate',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'Equal groups *G_k* of pixels from the highest values; Pearson over *k* of (Σ_{i∈G_k} a_i, f(x) − f(x without G_k)), one group at a time; 0 for constant maps.',
  range: [-1, 1],
  cost: '`steps` + 1 forward passes.',
  limits: 'Interactions of groups: each goes alone.',
  paper: {
    authors: 'Alvarez-Melis, Jaakkola', year: 2018, title: 'Towards Robust Interpretability with Self-Explaining Neural Networks',
    url: 'https://arxiv.org/abs/1806.07538',
  },
  needsMask: false,
  options: steppedOptions(),
  score: async (subject, { steps, substrate, objective }, context) => {
    validateSubject(subject);
    const ordered = groupPixels(subject, steps, 'highest');
    const remove = makeRemoval(subject, substrate, context.seed);
    const count = ordered[0]!.groups.length;
    const scores = await scoreVariants(subject, new Array<number>(batchSize(subject.input)).fill(count + 1), (sample, variant, image) => {
      const group = ordered[sample]!.groups[variant];
      if (group !== undefined) remove(sample, group, image);
    }, objective, context);
    return Float64Array.from(scores, (row, sample) => pearson(ordered[sample]!.sums, row.subarray(0, count).map((value) => row[count]! - value)));
  },
});
