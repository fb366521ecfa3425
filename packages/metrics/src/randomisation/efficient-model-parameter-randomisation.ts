import { defineMetric, integerOption, sampleData, tensor, type MetricFactory } from '@pellucid/core';
import { sumChannels } from '../pixels.ts';
import { requirePart } from '../subject/require-part.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { explainVariants, sameForAll } from '../subject/variants.ts';
import { requireParameters, withRandomised } from './randomised-models.ts';

/** Options of the efficient model parameter randomisation test. */
export interface EfficientModelParameterRandomisationOptions {
  /** Bins of the histogram, equal between the map's lowest and highest value. @defaultValue 100 */
  readonly bins: number;
}

/** Shannon's entropy, in nats, of the histogram of a map; 0 for a constant one. */
export function histogramEntropy(map: Float64Array, bins: number): number {
  const [low, high] = [map.reduce((a, b) => Math.min(a, b), Infinity), map.reduce((a, b) => Math.max(a, b), -Infinity)];
  if (high === low) return 0;
  const counts = new Float64Array(bins);
  for (const value of map) counts[Math.min(Math.floor(((value - low) / (high - low)) * bins), bins - 1)]!++;
  return counts.reduce((sum, count) => (count === 0 ? sum : sum - (count / map.length) * Math.log(count / map.length)), 0);
}

/**
 * Efficient model parameter randomisation test (eMPRT): (H(a') - H(a)) / H(a) with the entropy H of a map's histogram and the map a' of the model all
 * of whose layers are random. Higher is better, from -1; NaN for a constant map, whose entropy is 0. One explanation.
 * @see {@link https://arxiv.org/abs/2405.02383 | Hedström et al. 2024}
 * @throws CAPABILITY_MISSING where the backend does not show parameters; REQUEST_INVALID without `explain`; SHAPE_MISMATCH, INPUT_NOT_FINITE,
 * TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const efficientModelParameterRandomisation: MetricFactory<EfficientModelParameterRandomisationOptions> =
  defineMetric<EfficientModelParameterRandomisationOptions>({
    name: 'efficient-model-parameter-randomisation',
    title: 'Efficient model parameter randomisation test',
    category: 'randomisation',
    direction: 'higher',
    equation: '(H(a\') − H(a)) / H(a), *H* the entropy of a map\'s histogram, a\' the map of the model all of whose layers are random.',
    range: [-1, Infinity],
    cost: 'An explanation and a model.',
    noScore: 'The map is constant: its entropy is 0.',
    limits: 'Edges of the input show in many faithful maps, of random networks too. Which layer matters. The number of bins decides.',
    paper: {
      authors: 'Hedström, Weber, Lapuschkin, Höhne', year: 2024, title: 'A Fresh Look at Sanity Checks for Saliency Maps', url: 'https://arxiv.org/abs/2405.02383',
    },
    needsMask: false,
    needs: ['explanation', 'weights'],
    options: { bins: integerOption(100, 2, 'Bins of the histogram, equal between the lowest and the highest value.') },
    score: async (subject, { bins }, context) => {
      validateSubject(subject);
      const parameters = requireParameters(subject, 'efficient-model-parameter-randomisation');
      const explain = requirePart(subject, 'explain', 'efficient-model-parameter-randomisation');
      const { values, layout } = subject;
      const entropyOf = (data: Float32Array): number => histogramEntropy(sumChannels(tensor([1, ...values.shape.slice(1)], data), layout).maps[0]!, bins);
      const maps = await withRandomised(parameters, await parameters.read(), context, (model) =>
        explainVariants({ ...subject, explain }, sameForAll(subject, 1), () => undefined, context, { model }));
      return Float64Array.from(maps, ([map = new Float32Array(0)], sample) => {
        const own = entropyOf(sampleData(values, sample));
        return own === 0 ? NaN : (entropyOf(map) - own) / own;
      });
    },
  });
