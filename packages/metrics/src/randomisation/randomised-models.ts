import { PellucidError, randomStream, throwIfAborted, type LayerParameters, type MetricContext, type MetricSubject, type ModelAdapter, type ModelParameters, type Tensor } from '@pellucid/core';

/** Which layers lose what they learnt: from the output down, from the input up (each with those before it), or each by itself. */
export type RandomisationOrder = 'cascading' | 'bottom-up' | 'independent';

function moments(values: Float32Array): readonly [mean: number, deviation: number] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

/**
 * Normal numbers of a tensor's own mean and deviation, in every axis; each tensor has random numbers of its own. Without their signs where the tensor
 * has no negative value: a variance has a root.
 */
function redraw(name: string, { shape, data }: Tensor, seed: number): Tensor {
  const [mean, deviation] = moments(data);
  const { normal } = randomStream(seed, 'metric', 'randomised-weights', name);
  const draw = (): number => mean + deviation * normal();
  return { shape, data: Float32Array.from(data, data.every((value) => value >= 0) ? () => Math.abs(draw()) : draw) };
}

/** Reading and replacing what the model learnt. @throws CAPABILITY_MISSING where the backend does not show it. */
export function requireParameters({ model }: MetricSubject, metric: string): ModelParameters {
  if (model.parameters !== undefined) return model.parameters;
  throw new PellucidError('CAPABILITY_MISSING', { method: metric, model: model.name, missing: 'parameters', offered: [...model.capabilities].join(', ') || 'its output alone' });
}

/** The layers that are random in each of the models, one model after the other. */
export function randomisedLayers(layers: readonly LayerParameters[], order: RandomisationOrder): readonly (readonly LayerParameters[])[] {
  const sequence = order === 'cascading' ? [...layers].reverse() : layers;
  return sequence.map((layer, i) => (order === 'independent' ? [layer] : sequence.slice(0, i + 1)));
}

/** Runs something on a model whose layers are random, and disposes of the model. */
export async function withRandomised<Result>(
  parameters: ModelParameters, layers: readonly LayerParameters[], { seed, signal }: MetricContext, use: (model: ModelAdapter) => Promise<Result>,
): Promise<Result> {
  throwIfAborted(signal, 'the scores of randomised models');
  const tensors = new Map(layers.flatMap((layer) => [...layer.tensors].map(([name, value]) => [name, redraw(name, value, seed)] as const)));
  const model = await parameters.replace(tensors);
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}
