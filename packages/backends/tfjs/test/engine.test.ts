import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { createMutex } from '../src/engine/mutex.ts';
import { findNativePackage, tryNativePackage } from '../src/engine/native-package.ts';
import { ENGINE_ORDER } from '../src/engine/engine-name.ts';
import { openEngine, type EngineName } from '../src/index.ts';
import { ENGINE, ENGINES } from './engines.ts';

/** A native engine has its process for itself. */
const inPairs = ENGINES.length > 1 ? test : test.skip;

describe('opening', () => {
  test('an engine is opened once and says what it is', async () => {
    const engine = await openEngine(ENGINE);
    expect(await openEngine(ENGINE)).toBe(engine);
    expect(await openEngine()).toBe(engine);
    expect(engine).toMatchObject({ engine: ENGINE, versions: { '@tensorflow/tfjs-core': tf.version_core } });
  });

  test('an engine says where it computes: a GPU that is not there is not claimed', async () => {
    const { device } = await openEngine(ENGINE);
    expect(ENGINE === 'node-gpu' ? ['gpu', 'cpu (no GPU found)'] : ['cpu']).toContain(device);
  });

  test.each(ENGINE_ORDER.filter((name) => !ENGINES.includes(name)))('%s is refused beside another engine, with what would help', async (name) => {
    await openEngine(ENGINE);
    await expect(openEngine(name)).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE', details: { engine: name } });
  });

  test('an unknown engine is refused', async () => {
    await expect(openEngine('webgl' as EngineName)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });

  test('a package that is not installed is found missing without being loaded', () => {
    expect(findNativePackage('@tensorflow/tfjs-none')).toEqual({ found: false, reason: expect.stringMatching(/not installed/) });
  });

  test('a native package whose addon does not load is found out in a process of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pellucid-native-'));
    try {
      await writeFile(join(folder, 'index.js'), "throw new Error('libtensorflow.so.2: cannot open shared object file')");
      expect(await tryNativePackage(folder)).toMatch(/does not load.*cannot open shared object file/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  inPairs('each engine computes on its own backend, also one within the other', async () => {
    const [wasm, cpu] = [await openEngine('wasm'), await openEngine('cpu')];
    const seen: string[] = [];
    await cpu.exclusive(async () => {
      seen.push(tf.getBackend());
      await wasm.exclusive(() => seen.push(tf.getBackend()));
      seen.push(tf.getBackend());
    });
    expect(seen).toEqual(['cpu', 'wasm', 'cpu']);
  });
});

describe('exclusive use', () => {
  test('work runs in the order of the calls, one at a time', async () => {
    const exclusive = createMutex();
    const events: string[] = [];
    const work = (name: string, milliseconds: number) => async (): Promise<void> => {
      events.push(`${name} starts`);
      await setTimeout(milliseconds);
      events.push(`${name} ends`);
    };
    await Promise.all([exclusive(work('a', 5)), exclusive(work('b', 0)), exclusive(work('c', 1))]);
    expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  });

  test('work may ask again from within, and several such calls wait for each other', async () => {
    const exclusive = createMutex();
    const events: number[] = [];
    const inner = (value: number, milliseconds: number): Promise<void> =>
      exclusive(async () => {
        await setTimeout(milliseconds);
        events.push(value);
      });
    await exclusive(() => Promise.all([inner(1, 5), inner(2, 0)]));
    expect(events).toEqual([1, 2]);
  });

  test('work that failed lets the next run', async () => {
    const exclusive = createMutex();
    await expect(exclusive(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await exclusive(() => 7)).toBe(7);
  });
});

describe('training', () => {
  // Linear in the filter: differences are exact up to rounding, whatever the step.
  const forms = [[1, 'same'], [2, 'same'], [2, 'valid']] as const;
  test.each(ENGINES.flatMap((engine) => forms.map((form) => [engine, ...form] as const)))('on %s the gradient of a filter with stride %d and padding %s is that of the convolution', async (name, stride, padding) => {
    const engine = await openEngine(name);
    await engine.exclusive(() => {
      const difference = tf.tidy(() => {
        const x = tf.randomNormal([2, 7, 8, 3], 0, 1, 'float32', 1) as tf.Tensor4D;
        const filter = tf.randomNormal([3, 3, 3, 4], 0, 1, 'float32', 2) as tf.Tensor4D;
        const direction = tf.randomNormal([3, 3, 3, 4], 0, 1, 'float32', 3) as tf.Tensor4D;
        const cotangent = tf.randomNormal(tf.conv2d(x, filter, stride, padding).shape, 0, 1, 'float32', 4);
        const response = (f: tf.Tensor4D): tf.Scalar => tf.sum(tf.mul(tf.conv2d(x, f, stride, padding), cotangent));
        const gradient = tf.grad((f) => response(f as tf.Tensor4D))(filter);
        const predicted = tf.sum(tf.mul(gradient, direction)).dataSync()[0]!;
        const actual = response(direction).dataSync()[0]!;
        return Math.abs(predicted - actual) / Math.abs(actual);
      });
      expect(difference).toBeLessThan(1e-4);
    });
  });

  inPairs('a depthwise filter on wasm has the gradient of the JavaScript engine', async () => {
    const gradientOn = async (name: 'wasm' | 'cpu'): Promise<Float32Array> => {
      const engine = await openEngine(name);
      return engine.exclusive(() =>
        tf.tidy(() => {
          const x = tf.tensor(Float32Array.from({ length: 96 }, (_, i) => Math.sin(i)), [1, 6, 8, 2]) as tf.Tensor4D;
          const filter = tf.tensor(Float32Array.from({ length: 36 }, (_, i) => Math.cos(i)), [3, 3, 2, 2]) as tf.Tensor4D;
          return tf.grad((f) => tf.sum(tf.square(tf.depthwiseConv2d(x, f as tf.Tensor4D, 2, 'same'))))(filter).dataSync() as Float32Array;
        }),
      );
    };
    const [wasm, cpu] = [await gradientOn('wasm'), await gradientOn('cpu')];
    wasm.forEach((value, i) => {
      expect(value).toBeCloseTo(cpu[i]!, 3);
    });
  });

  test.each([
    [false, true], [true, false], [false, false],
  ])('batch normalisation with scale %p and center %p trains like one whose parameters are held at one and zero', async (scale, center) => {
    const engine = await openEngine(ENGINE);
    await engine.exclusive(async () => {
      const before = tf.memory().numTensors;
      const kernelOf = async (without: boolean): Promise<Float32Array> => {
        const network = tfl.sequential({
          layers: [
            tfl.layers.dense({ units: 3, inputShape: [2], useBias: false, kernelInitializer: tfl.initializers.heNormal({ seed: 1 }), name: 'first' }),
            tfl.layers.batchNormalization(without ? { scale, center, name: 'norm' } : { name: 'norm' }),
            tfl.layers.dense({ units: 1, kernelInitializer: 'ones', trainable: false }),
          ],
        });
        // What a layer lacks has to stay as it is in the other one.
        const held = network.getLayer('norm').getWeights().map((weight) => weight.clone());
        const optimizer = tf.train.sgd(0.1);
        network.compile({ optimizer, loss: 'meanSquaredError' });
        const [x, y] = [tf.tensor2d([[1, 2], [0, 1], [-1, 3], [2, -2]]), tf.tensor2d([[1], [0], [2], [-1]])];
        for (let step = 0; step < 2; step++) {
          await network.trainOnBatch(x, y);
          if (without) continue;
          const [gamma, beta, mean, variance] = network.getLayer('norm').getWeights() as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
          network.getLayer('norm').setWeights([scale ? gamma : held[0]!, center ? beta : held[1]!, mean, variance]);
        }
        const values = Float32Array.from(network.getLayer('first').getWeights()[0]!.dataSync());
        tf.dispose([x, y, held]);
        optimizer.dispose();
        network.dispose();
        return values;
      };
      const [without, withHeld] = [await kernelOf(true), await kernelOf(false)];
      without.forEach((value, i) => expect(value).toBeCloseTo(withHeld[i]!, 6));
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  test('a network with convolution, batch normalisation and pooling learns', async () => {
    const engine = await openEngine(ENGINE);
    await engine.exclusive(async () => {
      const model = tfl.sequential({
        layers: [
          tfl.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [8, 8, 1], kernelInitializer: tfl.initializers.heNormal({ seed: 1 }) }),
          tfl.layers.batchNormalization(),
          tfl.layers.maxPooling2d({ poolSize: 2 }),
          tfl.layers.flatten(),
          tfl.layers.dense({ units: 2, activation: 'softmax', kernelInitializer: tfl.initializers.heNormal({ seed: 2 }) }),
        ],
      });
      model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' });
      // Horizontal against vertical stripes.
      const images = tf.tensor(Float32Array.from({ length: 2 * 64 }, (_, i) => (i < 64 ? (i >> 3) & 1 : i & 1)), [2, 8, 8, 1]);
      const labels = tf.tensor2d([[1, 0], [0, 1]]);
      const losses: number[] = [];
      for (let step = 0; step < 20; step++) losses.push((await model.trainOnBatch(images, labels)) as number);
      expect(losses[19]!).toBeLessThan(0.5 * losses[0]!);
      tf.dispose([images, labels]);
      model.dispose();
    });
  });
});
