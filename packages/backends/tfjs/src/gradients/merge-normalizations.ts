import * as tf from '@tensorflow/tfjs-core';

import { deriveOnce } from '../kernels/derived-weights.ts';
import { attributesOf } from '../kernels/fused-attributes.ts';
import { computeUntracked } from '../kernels/host-memory.ts';
import type { TapeEntry } from './tape.ts';

/** Convolutions whose gradient reads its filter from what the tape saved, with channels last. */
const CONVOLUTIONS: ReadonlySet<string> = new Set(['DepthwiseConv2dNative', 'fusedConv2d__op']);

/** A filter whose outputs are scaled as the normalisation behind it does. */
function scaledFilter(filter: tf.Tensor, variance: tf.Tensor, scale: tf.Tensor, epsilon: number): tf.Tensor {
  const backend = tf.backend();
  const { dataId } = deriveOnce(backend, [filter, variance, scale], `scaled ${epsilon}`, () =>
    computeUntracked(backend, filter.shape, [filter, variance, scale], (scaled, values, spread, scales) => {
      const factors = scales.map((value, i) => value / Math.sqrt(spread[i]! + epsilon));
      // The outputs come last, those of a depthwise filter as channels times multiplier.
      for (let i = 0; i < scaled.length; i++) scaled[i] = values[i]! * factors[i % factors.length]!;
    }),
  );
  // The same tensor with other data, which the engine does not count.
  return Object.create(filter, { dataId: { value: dataId } }) as tf.Tensor;
}

/** Makes the gradient of a convolution read another filter in place of the one that the tape saved. */
function exchangeFilter(entry: TapeEntry, filter: tf.Tensor, make: () => tf.Tensor): boolean {
  const { gradient } = entry;
  const saved = entry.saved as tf.Tensor[];
  const place = saved.findIndex(({ dataId }) => dataId === filter.dataId);
  if (gradient === undefined || place < 0) return false;
  entry.gradient = (arrived) => {
    const original = saved[place]!;
    saved[place] = make();
    try {
      return gradient(arrived);
    } finally {
      saved[place] = original;
    }
  };
  return true;
}

/** A learnt value of a layer: what is derived from it is kept. */
const isLearnt = (value: tf.Tensor | null | undefined): value is tf.Variable => value instanceof tf.Variable;

/**
 * Lets the gradient of a convolution carry the factor of the batch normalisation behind it in its filter, which saves a product of the size of the
 * layer. Only where both are layers with parameters of their own and nobody else reads, or asks for, the value in between.
 * @param entries - those that the backward pass crosses
 * @param kept - tensors whose gradients are wanted, by id
 */
export function mergeNormalizations(entries: readonly TapeEntry[], kept: ReadonlySet<number>): void {
  const producers = new Map<number, TapeEntry>();
  const readers = new Map<number, number>();
  for (const entry of entries) {
    for (const output of entry.outputs) producers.set(output.id, entry);
    for (const input of Object.values(entry.inputs)) if (input) readers.set(input.id, (readers.get(input.id) ?? 0) + 1);
  }
  for (const entry of entries) {
    const { kernelName, inputs: { x, variance, scale }, outputs: [output] } = entry;
    if (kernelName !== 'FusedBatchNorm' || !x || !output || kept.has(x.id) || readers.get(x.id) !== 1) continue;
    const convolution = producers.get(x.id);
    if (convolution === undefined || !CONVOLUTIONS.has(convolution.kernelName)) continue;
    const filter = convolution.inputs['filter'] ?? convolution.inputs['1'];
    if (!isLearnt(entry.inputs['mean']) || !isLearnt(variance) || !isLearnt(scale) || !isLearnt(filter) || variance.rank !== 1 || scale.rank !== 1) continue;
    const { varianceEpsilon } = attributesOf(output) as unknown as tf.FusedBatchNormAttrs;
    if (!exchangeFilter(convolution, filter, () => scaledFilter(filter, variance, scale, varianceEpsilon))) continue;
    entry.gradient = ([dy]) => {
      if (!dy) throw new Error('internal: nothing arrives at a normalisation');
      return { x: () => dy };
    };
  }
}
