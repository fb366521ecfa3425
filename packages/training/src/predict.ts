import { argmax, concatBatches, sampleData, throwIfAborted, type LabelledImages, type Tensor } from '@pellucid/core';
import { openTrainer, type TrainingEngine } from './engine/open-trainer.ts';
import { initialState } from './network/initial-state.ts';
import type { TrainedNetwork } from './network/trained-network.ts';
import { imagesFor, samplesFor } from './run/samples.ts';
import { logitsInChunks } from './run/validate.ts';

/** Where and how long to compute. */
export interface PredictSettings {
  /** @defaultValue as of `train` */
  readonly engine?: TrainingEngine | undefined;
  readonly signal?: AbortSignal | undefined;
}

type PlainNetwork = Pick<TrainedNetwork, 'network' | 'weights'>;

async function logitsFor({ network, weights }: PlainNetwork, images: Tensor, { engine, signal }: PredictSettings): Promise<Tensor> {
  const trainer = await openTrainer(network, initialState(network, weights), engine);
  try {
    const parts: Tensor[] = [];
    for await (const logits of logitsInChunks(trainer, images)) {
      throwIfAborted(signal, `the predictions of \`${network.name}\``);
      parts.push(logits);
    }
    return concatBatches(parts);
  } finally {
    await trainer.dispose();
  }
}

/**
 * The logits of a trained network, [N, classes], for images [N, height, width, channels].
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, BACKEND_UNAVAILABLE, ABORTED.
 */
export async function predict(trained: PlainNetwork, images: Tensor, settings: PredictSettings = {}): Promise<Tensor> {
  return logitsFor(trained, imagesFor(trained.network, images, 'NHWC', 'images'), settings);
}

/**
 * The share of the images, from 0 to 1, whose highest logit is their class.
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, REQUEST_INVALID, BACKEND_UNAVAILABLE, ABORTED.
 */
export async function accuracyOf(trained: PlainNetwork, data: LabelledImages, settings: PredictSettings = {}): Promise<number> {
  const { images, labels, count } = samplesFor(trained.network, data);
  const logits = await logitsFor(trained, images, settings);
  return labels.filter((label, sample) => argmax(sampleData(logits, sample)) === label).length / count;
}
