import {
  activationOf, defineMetric, findLayer, layerOption, PellucidError, sampleData, throwIfAborted, type LayerName, type MetricContext, type MetricFactory,
  type MetricSubject, type ModelAdapter, type Tensor,
} from '@pellucid/core';
import { AGARWAL, relativeChange, relativeStability, relativeStabilityOptions, type Measured, type RelativeStabilityOptions } from './relative-stability.ts';

/** Options of relative representation stability. */
export interface RelativeRepresentationStabilityOptions extends RelativeStabilityOptions {
  /** The layer that represents the input. @defaultValue the one before the last */
  readonly layer: string | undefined;
}

const NAME = 'relative-representation-stability';

function chooseLayer(model: MetricSubject['model'], name: string | undefined): LayerName {
  if (name !== undefined) return findLayer(model, name).name;
  const layer = model.layers.at(-2) ?? model.layers.at(-1);
  if (layer !== undefined) return layer.name;
  throw new PellucidError('LAYER_UNSUITABLE', { layer: 'last but one', model: model.name, method: NAME, problem: 'the model shows no layers', help: 'Use relative output stability.' });
}

/** Reads a layer of one sample after the other: neither the batch nor its size matters, and the values of one sample are held at a time. */
async function layerDistances(subject: MetricSubject, layer: LayerName, { noise, image }: Measured, context: MetricContext): Promise<(sample: number, draw: number) => number> {
  const { model, input } = subject;
  // That the model offers activations was checked before.
  const able = model as unknown as ModelAdapter<'activations'>;
  const read = async (data: Float32Array): Promise<Float32Array> => {
    throwIfAborted(context.signal, `the scores of \`${model.name}\``);
    const one: Tensor = { shape: [1, ...input.shape.slice(1)], data };
    return activationOf(await able.evaluate({ input: one, activations: [layer] }, { signal: context.signal, memoryBudget: context.memoryBudget }), layer).data;
  };
  const distances: number[][] = [];
  for (let sample = 0; sample < input.shape[0]!; sample++) {
    const own = (await read(sampleData(input, sample))).slice();
    const row: number[] = [];
    for (let draw = 0; draw < noise.draws; draw++) row.push(relativeChange(own, await read(image(sample, draw))));
    distances.push(row);
  }
  return (sample, draw) => distances[sample]![draw]!;
}

/**
 * Relative representation stability (RRS): max over noisy x' of the same predicted class of ||(a(x') - a(x)) / a(x)|| / ||(L(x') - L(x)) / L(x)|| with
 * the values L of an inner layer, magnitudes below 1e-6 taken as that. Lower is better, from 0; NaN where the class always changes. One
 * explanation and two forward passes per draw.
 * @see {@link https://arxiv.org/abs/2203.06877 | Agarwal et al. 2022}, eq. 3
 * @throws REQUEST_INVALID without `explain`; CAPABILITY_MISSING without activations; LAYER_NOT_FOUND, LAYER_AMBIGUOUS, LAYER_UNSUITABLE, SHAPE_MISMATCH,
 * INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const relativeRepresentationStability: MetricFactory<RelativeRepresentationStabilityOptions> = defineMetric<RelativeRepresentationStabilityOptions>({
  name: NAME,
  title: 'Relative representation stability',
  category: 'robustness',
  direction: 'lower',
  equation: 'max over noisy x\' of the same class of ‖(a\' − a)/a‖ / ‖(L\' − L)/L‖ with the values *L* of a layer (the last but one unless named), magnitudes below 1e-6 taken as that.',
  range: [0, Infinity],
  cost: '`draws` explanations, twice as many forward passes.',
  noScore: 'The predicted class changes with every draw.',
  limits: 'Values of a map near 0 dominate the quotient; layers behind a ReLU hold zeros.',
  paper: AGARWAL,
  needsMask: false,
  needs: ['explanation', 'activations'],
  options: { ...relativeStabilityOptions, layer: layerOption('The layer that represents the input; left out, the one before the last.') },
  score: async (subject, { layer, ...options }, context) => {
    const { model } = subject;
    if (!model.capabilities.has('activations')) {
      throw new PellucidError('CAPABILITY_MISSING', { method: NAME, model: model.name, missing: 'activations', offered: [...model.capabilities].join(', ') || 'its output alone' });
    }
    const chosen = chooseLayer(model, layer);
    return relativeStability(subject, NAME, options, context, (measured) => layerDistances(subject, chosen, measured, context));
  },
});
