import type { LayerInfo, LayerName, Tensor } from '@pellucid/core';
import type * as tf from '@tensorflow/tfjs-core';

import { activationName, type Layer, type Leaf } from './layers-tree.ts';
import { readTensor } from './network.ts';

/** A parameter of a layer. */
interface Variable {
  readonly read: () => tf.Tensor;
}

/** The parts of layers with a bias that have no public type. */
interface Parameters {
  readonly bias?: Variable | null;
  readonly gamma?: Variable | null;
  readonly beta?: Variable | null;
  readonly movingMean?: Variable;
  readonly movingVariance?: Variable;
  readonly epsilon?: number;
  /** Keras writes a list of one. */
  readonly axis?: number | readonly number[];
}

const parametersOf = (layer: Layer): Parameters => layer as unknown as Parameters;

/** What a layer adds to a linear function of its input, per channel; undefined where it adds nothing. */
function channelBias(layer: Layer): Float32Array | undefined {
  const { bias, gamma, beta, movingMean, movingVariance, epsilon = 0 } = parametersOf(layer);
  const values = (variable: Variable | null | undefined): Float32Array | undefined => variable?.read && readTensor(variable.read()).data;
  const [mean, variance] = [values(movingMean), values(movingVariance)];
  if (mean === undefined || variance === undefined) return values(bias);
  const [scale, shift] = [values(gamma), values(beta)];
  return mean.map((value, channel) => (shift?.[channel] ?? 0) - (value * (scale?.[channel] ?? 1)) / Math.sqrt(variance[channel]! + epsilon));
}

function channelAxis(layer: Layer, rank: number): number {
  const [axis] = [parametersOf(layer).axis].flat();
  if (layer.getClassName() === 'BatchNormalization' && axis !== undefined) return axis < 0 ? axis + rank : axis;
  return layer.dataFormat === 'channelsFirst' ? 1 : rank - 1;
}

/** Whether a layer changes its result after it added its bias, so that nothing can be asked of the sum in between. */
function hidesBias(layer: Layer): boolean {
  const name = activationName(layer);
  return name !== undefined && name !== 'linear' && Boolean(parametersOf(layer).bias);
}

/**
 * The biases of the layers of a model, each of the layer's rank. Undefined where layers apply activations to their own results: gradients
 * are taken at results, not in between. That of the layer which ends in probabilities is left out: it is behind all others.
 */
export function layerBiases(leaves: readonly Leaf[], layers: readonly LayerInfo[], namesOf: (leaf: Leaf) => readonly LayerName[], last: Layer | undefined): (() => ReadonlyMap<LayerName, Tensor>) | undefined {
  const open = leaves.filter(({ layer }) => layer !== last);
  if (open.some(({ layer }) => hidesBias(layer))) return undefined;
  const ranks = new Map(layers.map(({ name, shape }) => [name, shape?.length ?? 0]));
  return () => new Map(open.flatMap((leaf): [LayerName, Tensor][] => {
    const data = channelBias(leaf.layer);
    if (data === undefined) return [];
    return namesOf(leaf).flatMap((name): [LayerName, Tensor][] => {
      const rank = ranks.get(name);
      if (rank === undefined) return [];
      const channels = channelAxis(leaf.layer, rank);
      return [[name, { shape: Array.from({ length: rank }, (_, axis) => (axis === channels ? data.length : 1)), data }]];
    });
  }));
}
