import { PellucidError, randomStream, throwIfAborted } from '@pellucid/core';
import type { Trainer } from '../engine/trainer.ts';
import type { TrainRequest } from '../train-request.ts';
import { augment } from './augmentation.ts';
import { gatherBatch, type Samples } from './samples.ts';
import { learningRateAt } from './schedule.ts';

/** What every epoch of a run needs. */
export interface EpochData {
  readonly request: TrainRequest & { readonly learningRate: number };
  readonly samples: Samples;
  readonly validation: Samples | undefined;
}

function checkLoss(loss: number, network: string, epoch: number): void {
  if (Number.isFinite(loss)) return;
  throw new PellucidError('REQUEST_INVALID', {
    action: `train \`${network}\``,
    problem: `the loss became ${loss} in epoch ${epoch}`,
    help: 'Use a smaller learning rate.',
  });
}

/** One pass over all images, in an order of its own. */
export async function runEpoch(trainer: Trainer, { request, samples }: EpochData, epoch: number): Promise<{ readonly epoch: number; readonly loss: number; readonly accuracy: number }> {
  const { network, epochs, batchSize, seed, learningRate, schedule = 'constant', augmentation, onBatch, onProgress, signal } = request;
  const steps = Math.ceil(samples.count / batchSize);
  const order = randomStream(seed, 'training', 'order', epoch).permutation(samples.count);
  let loss = 0;
  let correct = 0;
  for (let batch = 0; batch < steps; batch++) {
    throwIfAborted(signal, `the training of \`${network.name}\``);
    const positions = order.slice(batch * batchSize, (batch + 1) * batchSize);
    const { input: plain, labels } = gatherBatch(samples, positions);
    const input = augmentation === undefined ? plain : augment(plain, augmentation, seed, epoch, positions);
    await onBatch?.({ model: await trainer.model(), input, epoch, batch });
    const done = epoch * steps + batch;
    const result = await trainer.step(input, labels, learningRateAt(schedule, learningRate, done / (epochs * steps)));
    checkLoss(result.loss, network.name, epoch);
    loss += result.loss * labels.length;
    correct += result.correct;
    onProgress?.(done + 1, epochs * steps);
  }
  return { epoch, loss: loss / samples.count, accuracy: correct / samples.count };
}
