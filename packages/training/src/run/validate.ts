import { argmax, batchSize, sampleData, sliceBatch, type Tensor } from '@pellucid/core';
import type { Trainer } from '../engine/trainer.ts';
import type { Samples } from './samples.ts';

/** Images per execution: more gain nothing. */
const CHUNK = 64;

/** The logits of images, chunk by chunk. */
export async function* logitsInChunks(trainer: Pick<Trainer, 'logits'>, images: Tensor): AsyncGenerator<Tensor> {
  for (let start = 0; start < batchSize(images); start += CHUNK) yield trainer.logits(sliceBatch(images, start, Math.min(start + CHUNK, batchSize(images))));
}

/** Minus the logarithm of the softmax of a class, in nats. */
function crossEntropy(logits: Float32Array, label: number): number {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
  return Math.log(sum) + most - logits[label]!;
}

/** Mean cross-entropy and share of right answers of a network as it is. */
export async function validate(trainer: Trainer, { images, labels, count }: Samples): Promise<{ readonly loss: number; readonly accuracy: number }> {
  let [loss, correct, sample] = [0, 0, 0];
  for await (const logits of logitsInChunks(trainer, images)) {
    for (let i = 0; i < batchSize(logits); i++, sample++) {
      const values = sampleData(logits, i);
      loss += crossEntropy(values, labels[sample]!);
      if (argmax(values) === labels[sample]) correct++;
    }
  }
  return { loss: loss / count, accuracy: correct / count };
}
