import { defineMetric, mapValues, numberOption, type MetricFactory, type ModelAdapter } from '@pellucid/core';
import { relativeL2 } from '../agreement/relative-l2.ts';
import { requirePart } from '../subject/require-part.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { explainVariants, sameForAll } from '../subject/variants.ts';

/** Options of input invariance. */
export interface InputInvarianceOptions {
  /** What is added to every value of the input, in its units. @defaultValue 1 */
  readonly shift: number;
}

/** The model that takes shifted inputs and answers as before: a bias of its first layer that absorbs the shift. */
export function absorbShift(model: ModelAdapter<never>, shift: number): ModelAdapter<never> {
  return {
    ...model,
    name: `${model.name} (shifted)`,
    evaluate: (query, options) => model.evaluate({ ...query, input: mapValues(query.input, (value) => value - shift) }, options),
  };
}

/**
 * Input invariance: relative L2 distance of the maps a(x) of the model and a'(x + shift) of the model that absorbs the shift and so computes the same:
 * ||a - a'|| / max(||a||, ||a'||). Lower is better, 0 to 2. Rounding of x + shift stays: about 1e-7 of the shift. One explanation.
 * @see {@link https://arxiv.org/abs/1711.00867 | Kindermans et al. 2017}
 * @throws REQUEST_INVALID without `explain`; SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const inputInvariance: MetricFactory<InputInvarianceOptions> = defineMetric<InputInvarianceOptions>({
  name: 'input-invariance',
  title: 'Input invariance',
  category: 'axiom',
  direction: 'lower',
  equation: '‖a − a\'‖ / max(‖a‖, ‖a\'‖), a\' the map of x + `shift` by the model that absorbs the shift.',
  range: [0, 2],
  cost: 'One explanation.',
  limits: 'Methods with a fixed baseline differ because their baseline means something else.',
  paper: {
    authors: 'Kindermans, Hooker, Adebayo, Alber, Schütt, Dähne, Erhan, Kim', year: 2017, title: 'The (Un)reliability of Saliency Methods',
    url: 'https://arxiv.org/abs/1711.00867',
  },
  needsMask: false,
  needs: ['explanation'],
  options: { shift: numberOption(1, -Number.MAX_VALUE, Number.MAX_VALUE, 'What is added to every value of the input, in its units.') },
  score: async (subject, { shift }, context) => {
    validateSubject(subject);
    const explain = requirePart(subject, 'explain', 'input-invariance');
    const maps = await explainVariants({ ...subject, explain }, sameForAll(subject, 1), (_sample, _variant, image) => {
      for (let i = 0; i < image.length; i++) image[i]! += shift;
    }, context, { model: absorbShift(subject.model, shift) });
    return compareMaps(subject, maps.map(([map]) => map));
  },
});

/** The relative L2 distance of every sample's map to another of the same shape. */
export function compareMaps({ values, layout }: Parameters<typeof validateSubject>[0], others: readonly (Float32Array | undefined)[]): Float64Array {
  const data = new Float32Array(values.data.length);
  others.forEach((map, sample) => { data.set(map ?? [], (sample * data.length) / others.length); });
  return relativeL2({ values, layout }, { values: { shape: values.shape, data }, layout });
}
