import { randomStream, sizeOf, type RandomStream, type Tensor } from '@pellucid/core';
import type { NetworkDefinition } from './network.ts';
import { INPUT_NAME, resolveNetwork, type ResolvedLayer } from './resolve-network.ts';

/** The variance of a fresh kernel: He et al. 2015, eq. 10 before a ReLU, else Glorot and Bengio 2010, eq. 16. */
function kernelVariance(shape: readonly number[], beforeRelu: boolean): number {
  const receptive = sizeOf(shape.slice(0, -2));
  const [inputs = 1, outputs = 1] = shape.slice(-2);
  const [fanIn, fanOut] = [receptive * inputs, receptive * outputs];
  return beforeRelu ? 2 / fanIn : 2 / (fanIn + fanOut);
}

/** Whether a ReLU takes a layer's value, at once or normalised. */
function feedsRelu(layers: readonly ResolvedLayer[], name: string): boolean {
  return layers.some(({ definition, sources }) =>
    sources.includes(name) && (definition.kind === 'relu' || (definition.kind === 'batch-norm' && feedsRelu(layers, definition.name))));
}

/**
 * Makes every plane of a kernel sum to zero over its window. Images are never negative: a kernel with a mean answers to brightness
 * first, which on some seeds costs the first epochs.
 */
function removeMeans(kernel: Float32Array, shape: readonly number[]): void {
  const taps = sizeOf(shape.slice(0, 2));
  if (taps === 1) return;
  const planes = kernel.length / taps;
  for (let plane = 0; plane < planes; plane++) {
    let mean = 0;
    for (let tap = 0; tap < taps; tap++) mean += kernel[tap * planes + plane]! / taps;
    for (let tap = 0; tap < taps; tap++) kernel[tap * planes + plane]! -= mean;
  }
}

function kernelFor(layers: readonly ResolvedLayer[], { definition, sources }: ResolvedLayer, shape: readonly number[], random: RandomStream): Float32Array {
  const deviation = Math.sqrt(kernelVariance(shape, feedsRelu(layers, definition.name)));
  const data = Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal());
  if (definition.kind === 'conv' && sources[0] === INPUT_NAME) removeMeans(data, shape);
  return data;
}

/** What batch normalisation starts with: it leaves normal values as they are. */
const ONES = /\/(gamma|moving_variance)$/;

/**
 * Fresh weights: normal kernels with He's variance before a ReLU and Glorot's elsewhere, those on the image without mean; biases zero; batch
 * normalisation with scale 1. Each layer draws from its own stream, so that a change of one layer leaves the others as they were.
 * @see {@link https://arxiv.org/abs/1502.01852 | He et al. 2015}
 */
export function initialWeights(network: NetworkDefinition, seed: number): ReadonlyMap<string, Tensor> {
  const layers = resolveNetwork(network);
  const weights = new Map<string, Tensor>();
  for (const layer of layers) {
    for (const [name, shape] of [...layer.weights, ...layer.statistics]) {
      const data = shape.length > 1
        ? kernelFor(layers, layer, shape, randomStream(seed, 'training', 'weights', name))
        : new Float32Array(sizeOf(shape)).fill(ONES.test(name) ? 1 : 0);
      weights.set(name, { shape, data });
    }
  }
  return weights;
}
