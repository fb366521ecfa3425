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

/** Layers whose activation is the last thing that they do. */
const ACTIVATE_LAST: ReadonlySet<string> = new Set([
  'Conv1D', 'Conv2D', 'Conv2DTranspose', 'Conv3D', 'Conv3DTranspose', 'Dense', 'DepthwiseConv2D', 'SeparableConv2D',
]);

const hidesBias = (layer: Layer): boolean => !['linear', undefined].includes(activationName(layer)) && Boolean(parametersOf(layer).bias);

/** Whether a layer adds a bias and then applies a function to the sum, which can be asked for. */
export const hasSum = (layer: Layer): boolean => hidesBias(layer) && ACTIVATE_LAST.has(layer.getClassName());

/**
 * The biases of the layers of a model, each of the layer's rank, by the name of the place where they are added. Undefined where a layer of an unknown class
 * may change its result after it added one: gradients are taken at results, not in between.
 * @param sums - the places in front of layers' own activations, by the names of the layers
 * @param needed - the layers that lead to the logits
 * @param last - the layer that makes probabilities of them
 */
export function layerBiases(
  leaves: readonly Leaf[], layers: readonly LayerInfo[], sums: ReadonlyMap<LayerName, LayerInfo>, namesOf: (leaf: Leaf) => readonly LayerName[],
  { needed, last }: { readonly needed: ReadonlySet<LayerName>; readonly last: Layer | undefined },
): (() => ReadonlyMap<LayerName, Tensor>) | undefined {
  const isUnknown = ({ layer }: Leaf): boolean => hidesBias(layer) && !hasSum(layer);
  if (leaves.some((leaf) => isUnknown(leaf) && leaf.layer !== last)) return undefined;
  const ranks = new Map(layers.map(({ name, shape }) => [name, shape?.length ?? 0]));
  return () => new Map(leaves.flatMap((leaf): [LayerName, Tensor][] => {
    const data = isUnknown(leaf) ? undefined : channelBias(leaf.layer);
    if (data === undefined) return [];
    return namesOf(leaf).filter((name) => needed.has(name)).flatMap((name): [LayerName, Tensor][] => {
      const rank = ranks.get(name);
      if (rank === undefined) return [];
      const channels = channelAxis(leaf.layer, rank);
      const bias = { shape: Array.from({ length: rank }, (_, axis) => (axis === channels ? data.length : 1)), data };
      return [[sums.get(name)?.name ?? name, bias]];
    });
  }));
}
