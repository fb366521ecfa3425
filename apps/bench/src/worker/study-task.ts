import { concatBatches, encodeNpy, type Tensor } from '@pellucid/core';
import { writeWhole } from '@pellucid/files';
import { accumulatedGradients } from '@pellucid/method-accumulated-gradients';
import { initialWeights, train } from '@pellucid/training';
import { networkFor } from '../data/networks.ts';
import type { Reply, StudyTask } from './protocol.ts';
import type { Resources } from './resources.ts';
import { correctOn, signOfLife } from './train-task.ts';

/** A mean of maps, in which each counts as many samples as it has. */
function runningMean(): { readonly add: (map: Tensor, samples: number) => void; readonly map: () => Tensor } {
  let sums = new Float64Array(0);
  let shape: readonly number[] = [];
  let count = 0;
  return {
    add: (map, samples) => {
      if (count === 0) [sums, shape] = [new Float64Array(map.data.length), map.shape];
      for (let i = 0; i < sums.length; i++) sums[i]! += map.data[i]! * samples;
      count += samples;
    },
    map: () => ({ shape, data: Float32Array.from(sums, (sum) => sum / count) }),
  };
}

/** Trains a network and stores its accumulated gradients, averaged over the last batch, the last epoch and all epochs: [3, height, width, channels]. */
export async function runStudy({ data, recipe, training, file }: StudyTask, resources: Resources, reply: (reply: Reply) => void): Promise<void> {
  const started = performance.now();
  const images = await resources.images(data, 'train');
  const network = networkFor(recipe, images);
  const method = accumulatedGradients();
  const whole = runningMean();
  let [epochMean, last]: [ReturnType<typeof runningMean>, Tensor | null] = [runningMean(), null];
  const trained = await train({
    network, data: images, epochs: recipe.epochs, learningRate: recipe.learningRate, batchSize: training.batchSize, seed: training.orderSeed,
    initial: initialWeights(network, training.initialSeed), onProgress: signOfLife(reply),
    onBatch: async ({ model, input, batch }) => {
      if (batch === 0) epochMean = runningMean();
      const accumulation = method.begin();
      await accumulation.add(model, input);
      last = accumulation.map();
      for (const sum of [epochMean, whole]) sum.add(last, input.shape[0]!);
    },
  });
  if (last === null) throw new Error('internal: a training without batches');
  writeWhole(file, encodeNpy(concatBatches([last, epochMean.map(), whole.map()])));
  const correct = await correctOn(trained, await resources.images(data, 'test'));
  reply({ kind: 'trained', correct, seconds: (performance.now() - started) / 1000 });
}
