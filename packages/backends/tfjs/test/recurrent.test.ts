import { describe, expect, test } from '@jest/globals';
import { INPUT, type Query, type Tensor } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine } from '../src/index.ts';
import { ENGINES } from './engines.ts';

const seeded = (seed: number): { kernelInitializer: ReturnType<typeof tfl.initializers.glorotNormal>; recurrentInitializer: ReturnType<typeof tfl.initializers.glorotNormal> } => ({
  kernelInitializer: tfl.initializers.glorotNormal({ seed }),
  recurrentInitializer: tfl.initializers.glorotNormal({ seed: seed + 1 }),
});

/** Recurrent layers in the forms that hold cells, with or without dropout; the weights are the same. */
const forms: [string, (dropout: number) => tfl.layers.Layer][] = [
  ['lstm', (dropout) => tfl.layers.lstm({ units: 3, dropout, recurrentDropout: dropout, ...seeded(1) })],
  ['bidirectional', (dropout) => tfl.layers.bidirectional({ layer: tfl.layers.gru({ units: 3, dropout, ...seeded(1) }) as tfl.RNN, mergeMode: 'concat' })],
  ['cells', (dropout) => tfl.layers.rnn({ cell: [tfl.layers.simpleRNNCell({ units: 3, dropout, recurrentDropout: dropout, ...seeded(1) }), tfl.layers.lstmCell({ units: 3, dropout, ...seeded(4) })] })],
];

const build = (layer: tfl.layers.Layer): tfl.LayersModel => {
  const input = tfl.input({ shape: [4, 2] });
  const scores = tfl.layers.dense({ units: 2, kernelInitializer: tfl.initializers.glorotNormal({ seed: 9 }) });
  return tfl.model({ inputs: input, outputs: scores.apply(layer.apply(input)) as tfl.SymbolicTensor });
};

const batch = (samples: number): Tensor => ({ shape: [samples, 4, 2], data: Float32Array.from({ length: samples * 8 }, (_, i) => Math.sin(1.7 * i)) });

describe.each(ENGINES)('on engine %s', (name) => {
  test.each(forms)('dropout of recurrent layers changes nothing, leaves nothing and is as before: %s', async (_, make) => {
    await (await openEngine(name)).exclusive(async () => {
      const [plain, dropping] = [build(make(0)), build(make(0.5))];
      dropping.setWeights(plain.getWeights());
      const train = (): Float32Array => tf.tidy(() => (dropping.apply(tf.ones([3, 4, 2]), { training: true }) as tf.Tensor).dataSync<'float32'>());
      const compare = async (): Promise<void> => {
        const before = tf.memory().numTensors;
        const [expected, model] = [await loadModel(plain, { engine: name }), await loadModel(dropping, { engine: name })];
        for (const samples of [1, 2]) {
          const query: Query<'gradient'> = { input: batch(samples), gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } };
          const [a, b] = [await expected.evaluate(query), await model.evaluate(query)];
          expect(b.logits).toEqual(a.logits);
          expect(b.gradients).toEqual(a.gradients);
        }
        await Promise.all([expected.dispose(), model.dispose()]);
        expect(tf.memory().numTensors).toBe(before);
      };
      await compare();
      // The cells of a plain `RNN` layer keep the masks of a training step.
      train();
      await compare();
      expect(train()).not.toEqual(tf.tidy(() => (plain.apply(tf.ones([3, 4, 2])) as tf.Tensor).dataSync()));
      for (const each of [plain, dropping]) each.dispose();
    });
  });
});
