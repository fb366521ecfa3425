import { describe, expect, test } from '@jest/globals';
import { INPUT } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { deriveOnce } from '../src/kernels/derived-weights.ts';
import { loadModel, openEngine } from '../src/index.ts';
import { valueAt } from '../src/model/value-at.ts';
import { ENGINES } from './engines.ts';

describe.each(ENGINES)('on engine %s', (name) => {
  test('what is derived from a weight is made once per shape, and freed with the weight', async () => {
    const engine = await openEngine(name);
    await engine.exclusive(() => {
      const backend = tf.backend();
      const before = backend.numDataIds();
      const weight = tf.tensor([1, 2, 3, 4]);
      let made = 0;
      const derive = (of: tf.Tensor): tf.TensorInfo =>
        deriveOnce(backend, [of], 'copy', () => {
          made++;
          return { dataId: backend.write(new Float32Array(4), of.shape, 'float32'), shape: of.shape, dtype: 'float32' };
        });
      const reshaped = tf.reshape(weight, [2, 2]);
      expect(derive(weight)).toBe(derive(weight));
      expect(derive(reshaped)).not.toBe(derive(weight));
      expect(made).toBe(2);
      reshaped.dispose();
      expect(made).toBe(2);
      weight.dispose();
      expect(backend.numDataIds()).toBe(before);
    });
  });

  test('explaining a model and disposing it leaves no data in the engine', async () => {
    const engine = await openEngine(name);
    const count = (): Promise<number> => engine.exclusive(() => tf.backend().numDataIds());
    const before = await count();
    const live = await engine.exclusive(() =>
      tfl.sequential({
        layers: [
          tfl.layers.conv2d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', inputShape: [9, 8, 2] }),
          tfl.layers.conv2d({ filters: 2, kernelSize: 3 }),
          tfl.layers.globalAveragePooling2d({}),
        ],
      }),
    );
    const model = await loadModel(live, { engine: name });
    const input = { shape: [1, 9, 8, 2], data: Float32Array.from({ length: 144 }, (_, i) => Math.sin(i)) };
    const explain = async (): Promise<Float32Array> =>
      valueAt((await model.evaluate({ input, gradient: { of: { kind: 'logit', targets: [1] }, at: [INPUT] } })).gradients, INPUT).data;
    const first = await explain();
    const held = await count();
    expect(await explain()).toEqual(first);
    expect(await count()).toBe(held);
    await model.dispose();
    await engine.exclusive(() => {
      live.dispose();
    });
    expect(await count()).toBe(before);
  });

  test('a weight that changes has gradients of its new values', async () => {
    const engine = await openEngine(name);
    await engine.exclusive(() => {
      const filter = tf.variable(tf.ones([2, 2, 1, 1]) as tf.Tensor4D);
      const gradient = (): number[] =>
        tf.tidy(() => [...tf.grad((x) => tf.sum(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid')))(tf.ones([1, 2, 2, 1])).dataSync()]);
      expect(gradient()).toEqual([1, 1, 1, 1]);
      const changed = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
      filter.assign(changed);
      changed.dispose();
      expect(gradient()).toEqual([1, 2, 3, 4]);
      filter.dispose();
    });
  });
});
