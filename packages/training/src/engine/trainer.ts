import type { ModelAdapter, Tensor } from '@pellucid/core';
import { createHash } from 'node:crypto';
import type { NetworkDefinition } from '../network/network.ts';
import type { Weights } from '../network/trained-network.ts';

/** What a network in training can be asked for. */
export type LiveModel = ModelAdapter<'activations' | 'gradient'>;

/** Everything that the next step depends on. */
export interface TrainingState {
  /** What the network learns, and the running means of its batch normalisations. */
  readonly weights: Weights;
  /** Running mean of the gradient of each weight, m of Adam. */
  readonly first: Weights;
  /** Running mean of its square, v of Adam. */
  readonly second: Weights;
  /** Steps done, t of Adam. */
  readonly steps: number;
}

/** What a step met, before it learned from it. */
export interface StepResult {
  /** Mean cross-entropy of the batch in nats. */
  readonly loss: number;
  /** Images whose highest logit was their class. */
  readonly correct: number;
}

/** A network in training on an engine. */
export interface Trainer {
  /** The network as it is, in its training form: batch normalisation takes the statistics of the batch it is asked about. */
  readonly model: () => Promise<LiveModel>;
  /** One step of Adam on the mean cross-entropy of a batch [N, height, width, channels]. */
  readonly step: (input: Tensor, labels: Int32Array, learningRate: number) => Promise<StepResult>;
  /** The logits as after training: batch normalisation takes the running means. */
  readonly logits: (images: Tensor) => Promise<Tensor>;
  readonly state: () => Promise<TrainingState>;
  readonly dispose: () => Promise<void>;
}

/** Constants of Adam, equation numbers of Kingma and Ba 2015, algorithm 1; the last is that of TensorFlow for 32-bit floats. */
export const ADAM: { readonly beta1: number; readonly beta2: number; readonly epsilon: number } = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** What corrects the bias of the running means at a step, from 1: factors of the first mean (times the learning rate) and of the second. */
export function adamFactors(step: number, learningRate: number): readonly [first: number, second: number] {
  return [learningRate / (1 - ADAM.beta1 ** step), 1 / (1 - ADAM.beta2 ** step)];
}

/** What tells a network with these weights from every other. */
export function hashOf(network: NetworkDefinition, weights: Weights): string {
  const hash = createHash('sha256').update(JSON.stringify(network));
  for (const [name, { data }] of weights) hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

/** A model that is never asked about parts of a batch, where the statistics of the batch count. */
export function inWholeBatches(network: NetworkDefinition, model: LiveModel): LiveModel {
  if (!network.layers.some(({ kind }) => kind === 'batch-norm')) return model;
  return {
    ...model,
    get hash() { return model.hash; },
    evaluate: (query, options) => model.evaluate(query, { ...options, memoryBudget: Number.MAX_SAFE_INTEGER }),
  };
}
