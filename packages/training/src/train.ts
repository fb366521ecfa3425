import { PellucidError, randomStream, throwIfAborted, type LabelledImages, type Tensor } from '@pellucid/core';
import { checkSettings } from './check-settings.ts';
import { openTrainer, type TrainingEngine } from './engine/open-trainer.ts';
import type { LiveModel, Trainer } from './engine/trainer.ts';
import { initialState } from './network/initial-state.ts';
import { initialWeights } from './network/initialise.ts';
import type { NetworkDefinition } from './network/network.ts';
import type { EpochRecord, TrainedNetwork } from './network/trained-network.ts';
import { gatherBatch, samplesFor, type Samples } from './samples.ts';

const LEARNING_RATE = 1e-3;

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
  /** @defaultValue ONNX Runtime, else the fastest engine of TensorFlow.js that works */
  readonly engine?: TrainingEngine | undefined;
  /** Awaited before each step. */
  readonly onBatch?: ((batch: TrainingBatch) => Promise<void> | void) | undefined;
  /** Awaited after each epoch. */
  readonly onEpoch?: ((record: EpochRecord) => Promise<void> | void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Steps done, and steps in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

function checkLoss(loss: number, network: string, epoch: number): void {
  if (Number.isFinite(loss)) return;
  throw new PellucidError('REQUEST_INVALID', {
    action: `train \`${network}\``,
    problem: `the loss became ${loss} in epoch ${epoch}`,
    help: 'Use a smaller learning rate.',
  });
}

async function runEpochs(trainer: Trainer, request: TrainRequest, samples: Samples): Promise<EpochRecord[]> {
  const { network, epochs, batchSize, seed, learningRate = LEARNING_RATE, onBatch, onEpoch, onProgress, signal } = request;
  const steps = Math.ceil(samples.count / batchSize);
  const history: EpochRecord[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = randomStream(seed, 'training', 'order', epoch).permutation(samples.count);
    let loss = 0;
    let correct = 0;
    for (let batch = 0; batch < steps; batch++) {
      throwIfAborted(signal, `the training of \`${network.name}\``);
      const { input, labels } = gatherBatch(samples, order.slice(batch * batchSize, (batch + 1) * batchSize));
      await onBatch?.({ model: await trainer.model(), input, epoch, batch });
      const result = await trainer.step(input, labels, learningRate);
      checkLoss(result.loss, network.name, epoch);
      loss += result.loss * labels.length;
      correct += result.correct;
      onProgress?.(epoch * steps + batch + 1, epochs * steps);
    }
    const record = { epoch, loss: loss / samples.count, accuracy: correct / samples.count };
    history.push(record);
    await onEpoch?.(record);
  }
  return history;
}

/**
 * Trains a network from scratch: Adam on the softmax cross-entropy, seeded initial weights and order of images.
 * Nothing stays on the engine afterwards, also when it fails.
 * @throws REQUEST_INVALID, OPTION_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, BACKEND_UNAVAILABLE, ABORTED.
 * @see {@link https://arxiv.org/abs/1412.6980 | Kingma and Ba 2015}
 */
export async function train(request: TrainRequest): Promise<TrainedNetwork> {
  const { network, data, seed, signal } = request;
  checkSettings({ ...request, learningRate: request.learningRate ?? LEARNING_RATE });
  const samples = samplesFor(network, data);
  throwIfAborted(signal, `the training of \`${network.name}\``);
  const trainer = await openTrainer(network, initialState(network, initialWeights(network, seed)), request.engine);
  try {
    const history = await runEpochs(trainer, request, samples);
    return { network, weights: (await trainer.state()).weights, history };
  } finally {
    await trainer.dispose();
  }
}
