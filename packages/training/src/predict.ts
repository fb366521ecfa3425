import { argmax, batchSize, concatBatches, sampleData, sliceBatch, throwIfAborted, type LabelledImages, type Tensor } from '@pellucid/core';
import { openEngine, type EngineName } from '@pellucid/backend-tfjs';
import { liveModel } from './engine/live-model.ts';
import { placeWeights } from './engine/live-weights.ts';
import { imagesFor, samplesFor } from './samples.ts';
import type { TrainedNetwork } from './train.ts';

/** Where and how long to compute. */
export interface PredictSettings {
  /** @defaultValue the fastest engine that works */
  readonly engine?: EngineName | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Images per execution: more gain nothing. */
const CHUNK = 64;

type PlainNetwork = Pick<TrainedNetwork, 'network' | 'weights'>;

async function logitsFor({ network, weights }: PlainNetwork, images: Tensor, { engine: request, signal }: PredictSettings): Promise<Tensor> {
  const engine = await openEngine(request);
  const live = await engine.exclusive(() => placeWeights(engine, weights));
  const model = liveModel(engine, network, live);
  try {
    const parts: Tensor[] = [];
    for (let start = 0; start < batchSize(images); start += CHUNK) {
      throwIfAborted(signal, `the predictions of \`${network.name}\``);
      const { logits } = await model.evaluate({ input: sliceBatch(images, start, Math.min(start + CHUNK, batchSize(images))) });
      parts.push(logits);
    }
    return concatBatches(parts);
  } finally {
    await model.dispose();
    await engine.exclusive(live.dispose);
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
