import { expect, test } from '@jest/globals';
import { accumulatedGradients } from '@pellucid/method-accumulated-gradients';
import { INPUT, gradientAt } from '@pellucid/core';
import { bars } from '../test/bars.ts';
import { plainCnn } from './network/plain-cnn.ts';
import { recordAccumulated } from './record-accumulated.ts';
import { train } from './train.ts';
import type { TrainRequest } from './train-request.ts';

const network = plainCnn({ input: [8, 8, 1], classes: 2, width: 4 });
const request = { network, data: bars(40, 1), epochs: 3, batchSize: 16, learningRate: 0.01, seed: 3, engine: 'wasm' } satisfies TrainRequest;

test('a training run gives one map per epoch, of the gradients that its batches met, and trains as without', async () => {
  const record = recordAccumulated(accumulatedGradients());
  const sums = Array.from({ length: 3 }, () => new Float64Array(64));
  const trained = await train({
    ...request,
    onBatch: async (batch) => {
      await record.callbacks.onBatch(batch);
      const { model, input, epoch } = batch;
      const evaluation = await model.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } });
      gradientAt(evaluation, INPUT).data.forEach((value, i) => (sums[epoch]![i % 64]! += Math.abs(value) / 40));
    },
    onEpoch: record.callbacks.onEpoch,
  });
  expect(record.maps.map(({ shape }) => shape)).toEqual(Array.from({ length: 3 }, () => [1, 8, 8, 1]));
  record.maps.forEach(({ data }, epoch) => {
    // The map is rounded to 32 bits.
    data.forEach((value, i) => expect(value).toBeCloseTo(sums[epoch]![i]!, 6));
  });
  expect(trained).toEqual(await train(request));
});
