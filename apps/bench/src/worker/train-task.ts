import { dirname, join } from 'node:path';
import { argmax, concatBatches, convertLayout, encodeNpy, sampleData, type LabelledImages } from '@pellucid/core';
import { writeWhole } from '@pellucid/files';
import { accumulatedGradients } from '@pellucid/method-accumulated-gradients';
import { channelMeans, keepPixels, replacePixels } from '@pellucid/metrics';
import { predict, recordAccumulated, toOnnx, toTfjs, train, type RecordingCallbacks, type TrainedNetwork } from '@pellucid/training';
import { networkFor } from '../data/networks.ts';
import { recordedMaps } from '../prune/recorded-rankings.ts';
import { openExplanations } from '../store/explanation-store.ts';
import type { MaskPerImage, ModelFiles, PixelChange, Reply, RetrainTask, TrainTask } from './protocol.ts';
import type { Resources } from './resources.ts';

/** For each image, 1 where the network is right. */
export async function correctOn(trained: TrainedNetwork, { images, layout, labels }: LabelledImages): Promise<Uint8Array> {
  const logits = await predict(trained, convertLayout(images, layout, 'NHWC'));
  return Uint8Array.from(labels, (label, sample) => (argmax(sampleData(logits, sample)) === label ? 1 : 0));
}

/** Says that a training goes on, at most once a second. */
export function signOfLife(reply: (reply: Reply) => void): () => void {
  let last = 0;
  return () => {
    if (performance.now() - last < 1000) return;
    last = performance.now();
    reply({ kind: 'stage', stage: 'training' });
  };
}

/** The images of a split without what the ranks of their own pixels choose. @throws Error where the ranks are gone. */
function replaceByRanks({ explanations, ranks, replaced, percent }: MaskPerImage, images: LabelledImages, split: 'train' | 'test', fill: Float64Array): LabelledImages {
  const stored = openExplanations(explanations).read(ranks[split]);
  if (stored === undefined) throw new Error(`The ranks of the pixels are gone from \`${explanations}\`.`);
  return replacePixels(images, stored.values, { replaced, percent, fill });
}

function changeImages(change: PixelChange, train: LabelledImages, test: LabelledImages): readonly [train: LabelledImages, test: LabelledImages] {
  if (change.kind === 'shared-mask') return [keepPixels(train, change.mask), keepPixels(test, change.mask)];
  const fill = channelMeans(train);
  return [replaceByRanks(change, train, 'train', fill), replaceByRanks(change, test, 'test', fill)];
}

/** Trains on images that lost pixels and tests on images that lost theirs. */
export async function runRetrain({ data, recipe, seed, change }: RetrainTask, resources: Resources, reply: (reply: Reply) => void): Promise<void> {
  const started = performance.now();
  const [whole, test] = [await resources.images(data, 'train'), await resources.images(data, 'test')];
  const [left, tested] = change === null ? [whole, test] : changeImages(change, whole, test);
  const { epochs, batchSize, learningRate } = recipe;
  const trained = await train({ network: networkFor(recipe, whole), data: left, epochs, batchSize, learningRate, seed, onProgress: signOfLife(reply) });
  const correct = await correctOn(trained, tested);
  reply({ kind: 'trained', correct, seconds: (performance.now() - started) / 1000 });
}

function storeNetwork(trained: TrainedNetwork, files: ModelFiles): void {
  writeWhole(files.onnxruntime, toOnnx(trained));
  const { modelJson, weights } = toTfjs(trained);
  writeWhole(join(dirname(files.tfjs), 'weights.bin'), weights);
  writeWhole(files.tfjs, modelJson);
}

/** Trains on whole images, with a map of accumulated gradients per epoch, and stores network and maps. */
export async function runTrain(task: TrainTask, resources: Resources, reply: (reply: Reply) => void): Promise<void> {
  const started = performance.now();
  const { data, recipe, seed, files, recordFile, reductions } = task;
  const images = await resources.images(data, 'train');
  const { epochs, batchSize, learningRate } = recipe;
  const records = reductions.map((reduce) => ({ reduce, ...recordAccumulated(accumulatedGradients({ reduce })) }));
  const callbacks: RecordingCallbacks = {
    onBatch: async (batch) => {
      for (const record of records) await record.callbacks.onBatch(batch);
    },
    onEpoch: () => {
      for (const record of records) record.callbacks.onEpoch();
    },
  };
  const trained = await train({ network: networkFor(recipe, images), data: images, epochs, batchSize, learningRate, seed, onProgress: signOfLife(reply), ...(records.length > 0 && callbacks) });
  for (const { reduce, maps } of records) writeWhole(recordedMaps(recordFile, reduce), encodeNpy(concatBatches(maps)));
  storeNetwork(trained, files);
  const correct = await correctOn(trained, await resources.images(data, 'test'));
  reply({ kind: 'trained', correct, seconds: (performance.now() - started) / 1000 });
}
