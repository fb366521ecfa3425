import { PellucidError, randomStream, throwIfAborted, type LabelledImages, type Tensor } from '@pellucid/core';
import { openEngine, type EngineName, type TfjsEngine } from '@pellucid/backend-tfjs';
import type * as Core from '@tensorflow/tfjs-core';
import { checkSettings } from './check-settings.ts';
import { gatherBatch, samplesFor, type Samples } from './samples.ts';
import { forward, inScope, logitsOf } from './engine/forward.ts';
import { liveModel, type LiveModel } from './engine/live-model.ts';
import { placeWeights, type LiveWeights } from './engine/live-weights.ts';
import { countCorrect } from './engine/objective.ts';
import { initialWeights } from './network/initialise.ts';
import type { NetworkDefinition } from './network/network.ts';
import { resolveNetwork, type ResolvedLayer } from './network/resolve-network.ts';

/** What one epoch gave, over the training images as they were met, before each step. */
export interface EpochRecord {
  /** From 0. */
  readonly epoch: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Share of the images whose highest logit was their class. */
  readonly accuracy: number;
}

/** A network with its trained weights: plain data. */
export interface TrainedNetwork {
  readonly network: NetworkDefinition;
  /** By name, `<layer>/kernel` ([height, width, in, out] or [in, out], flattened images channels last) and `<layer>/bias`. */
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly history: readonly EpochRecord[];
}

/** What a training run shows of a batch, before the step that learns from it. */
export interface TrainingBatch {
  /** The network with the weights that meet this batch. It lives as long as the run. */
  readonly model: LiveModel;
  /** The images of the batch, NHWC. */
  readonly input: Tensor;
  /** From 0. */
  readonly epoch: number;
  /** From 0 in each epoch. */
  readonly batch: number;
}

/** A training run. */
export interface TrainRequest {
  readonly network: NetworkDefinition;
  /** Both layouts are taken; the network sees channels last. */
  readonly data: LabelledImages;
  readonly epochs: number;
  /** Images per step; the last step of an epoch takes what is left. */
  readonly batchSize: number;
  /** Step size of Adam. @defaultValue 0.001 */
  readonly learningRate?: number | undefined;
  /** A whole number from 0: fixes the initial weights and the order of the images. Same seed, same engine: the same bits. */
  readonly seed: number;
  /** @defaultValue the fastest engine that works */
  readonly engine?: EngineName | undefined;
  /** Awaited before each step. */
  readonly onBatch?: ((batch: TrainingBatch) => Promise<void> | void) | undefined;
  /** Awaited after each epoch. */
  readonly onEpoch?: ((record: EpochRecord) => Promise<void> | void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Steps done, and steps in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Everything that a step needs. */
interface Run {
  readonly engine: TfjsEngine;
  readonly layers: readonly ResolvedLayer[];
  readonly weights: LiveWeights;
  readonly optimizer: Core.Optimizer;
  readonly classes: number;
}

interface StepResult {
  readonly loss: number;
  readonly correct: number;
}

/** One step of Adam on the mean cross-entropy of a batch. */
function step({ engine: { tf }, layers, weights: { variables }, optimizer, classes }: Run, input: Tensor, labels: Int32Array): StepResult {
  return inScope(tf, () => {
    const x = tf.tensor(input.data, [...input.shape]);
    const expected = tf.oneHot(tf.tensor1d(labels, 'int32'), classes);
    let correct = 0;
    const { value, grads } = tf.variableGrads(() => {
      const logits = logitsOf(layers, forward(tf, layers, variables, x));
      correct = countCorrect(logits, labels);
      return tf.neg(tf.mean(tf.sum(tf.mul(expected, tf.logSoftmax(logits)), 1)));
    }, [...variables.values()]);
    optimizer.applyGradients(grads);
    return { loss: value.dataSync()[0]!, correct };
  });
}

function checkLoss(loss: number, network: string, epoch: number): void {
  if (Number.isFinite(loss)) return;
  throw new PellucidError('REQUEST_INVALID', {
    action: `train \`${network}\``,
    problem: `the loss became ${loss} in epoch ${epoch}`,
    help: 'Use a smaller learning rate.',
  });
}

async function runEpochs(run: Run, request: TrainRequest, samples: Samples): Promise<EpochRecord[]> {
  const { network, epochs, batchSize, seed, onBatch, onEpoch, onProgress, signal } = request;
  const model = liveModel(run.engine, network, run.weights);
  const steps = Math.ceil(samples.count / batchSize);
  const history: EpochRecord[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = randomStream(seed, 'training', 'order', epoch).permutation(samples.count);
    let loss = 0;
    let correct = 0;
    for (let batch = 0; batch < steps; batch++) {
      throwIfAborted(signal, `the training of \`${network.name}\``);
      const { input, labels } = gatherBatch(samples, order.slice(batch * batchSize, (batch + 1) * batchSize));
      await onBatch?.({ model, input, epoch, batch });
      const result = await run.engine.exclusive(() => step(run, input, labels));
      checkLoss(result.loss, network.name, epoch);
      loss += result.loss * labels.length;
      correct += result.correct;
      onProgress?.(epoch * steps + batch + 1, epochs * steps);
    }
    const record = { epoch, loss: loss / samples.count, accuracy: correct / samples.count };
    history.push(record);
    await onEpoch?.(record);
  }
  await model.dispose();
  return history;
}

/**
 * Trains a network from scratch: Adam on the softmax cross-entropy, seeded initial weights and order of images.
 * Nothing stays on the engine afterwards, also when it fails.
 * @throws REQUEST_INVALID, OPTION_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, BACKEND_UNAVAILABLE, ABORTED.
 * @see {@link https://arxiv.org/abs/1412.6980 | Kingma and Ba 2015}
 */
export async function train(request: TrainRequest): Promise<TrainedNetwork> {
  const { network, data, seed, learningRate = 1e-3, signal } = request;
  checkSettings({ ...request, learningRate });
  const layers = resolveNetwork(network);
  const samples = samplesFor(network, data);
  throwIfAborted(signal, `the training of \`${network.name}\``);
  const engine = await openEngine(request.engine);
  const { weights, optimizer } = await engine.exclusive(() => ({
    weights: placeWeights(engine, initialWeights(network, seed)),
    optimizer: engine.tf.train.adam(learningRate),
  }));
  try {
    const history = await runEpochs({ engine, layers, weights, optimizer, classes: network.classes }, request, samples);
    return { network, weights: await engine.exclusive(weights.read), history };
  } finally {
    await engine.exclusive(() => {
      weights.dispose();
      optimizer.dispose();
    });
  }
}
