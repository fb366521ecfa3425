import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadModel, openEngine, type TfjsEngine } from '@pellucid/backend-tfjs';
import { decodeNpy, explain, gradientAt, INPUT, sliceBatch, type Tensor } from '@pellucid/core';
import { accumulatedGradients } from '@pellucid/method-accumulated-gradients';
import { saliency } from '@pellucid/method-saliency';
import { heatMap } from '@pellucid/render';
import * as tfl from '@tensorflow/tfjs-layers';
import sharp from 'sharp';
import { bars } from '../../test/bars.ts';
import { accumulateEpochs } from './accumulate-epochs.ts';
import type { EpochExplanation } from './epoch-explanation.ts';
import { explainEpochs } from './explain-epochs.ts';

const data = bars(32, 1);
const input: Tensor = sliceBatch(data.images, 0, 2);

function network(): tfl.Sequential {
  const seeded = tfl.initializers.heNormal({ seed: 1 });
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [8, 8, 1], activation: 'relu', kernelInitializer: seeded }),
      tfl.layers.batchNormalization({ scale: false }),
      tfl.layers.globalMaxPooling2d({}),
      tfl.layers.dense({ units: 2, activation: 'softmax', kernelInitializer: seeded }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
  return model;
}

let engine: TfjsEngine;
let folder: string;
let tensors: number;
beforeEach(async () => {
  engine = await openEngine();
  folder = await mkdtemp(join(tmpdir(), 'pellucid-epochs-'));
  tensors = engine.tf.memory().numTensors;
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  expect(engine.tf.memory().numTensors).toBe(tensors);
});

/** Trains without shuffling, so that runs can be compared; gives the trained weights. */
async function fit(model: tfl.LayersModel, epochs: number, callbacks: tfl.CustomCallback[] = []): Promise<Float32Array[]> {
  const { tf } = engine;
  const [x, y] = [tf.tensor(data.images.data, [32, 8, 8, 1]), tf.tensor1d(Float32Array.from(data.labels))];
  try {
    await model.fit(x, y, { epochs, batchSize: 8, shuffle: false, verbose: 0, callbacks });
    return model.getWeights().map((weight) => Float32Array.from(weight.dataSync<'float32'>()));
  } finally {
    tf.dispose([x, y]);
    model.dispose();
    model.optimizer.dispose();
  }
}

describe('explaining epochs', () => {
  test('each epoch gives maps of the model as it is then, and training goes on as without', async () => {
    const model = network();
    const seen: EpochExplanation[] = [];
    const expected: Tensor[] = [];
    const callback = explainEpochs({
      model,
      methods: [saliency()],
      input,
      targets: [0, 1],
      onExplanation: async (explained) => {
        seen.push(explained);
        const live = await loadModel(model);
        const evaluation = await live.evaluate({ input, gradient: { of: { kind: 'logit', targets: [0, 1] }, at: [INPUT] } });
        expected.push(gradientAt(evaluation, INPUT));
        await live.dispose();
      },
    });
    const trained = await fit(model, 3, [callback]);
    expect(seen.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    seen.forEach(({ explanation }, epoch) => {
      explanation.values.data.forEach((value, i) => expect(Math.abs(value)).toBeCloseTo(Math.abs(expected[epoch]!.data[i]!), 6));
    });
    expect(new Set(seen.map(({ explanation }) => explanation.provenance.model.hash)).size).toBe(3);
    expect(await fit(network(), 3)).toEqual(trained);
  });

  test('raw maps, provenance and pictures are written under the name of epoch and method', async () => {
    const model = network();
    const out = join(folder, 'maps');
    const draw = async ({ explanation: { values, provenance } }: EpochExplanation): Promise<Uint8Array> => {
      const { width, height, data: pixels } = heatMap(values, provenance.layout, 0);
      return sharp(Buffer.from(pixels), { raw: { width, height, channels: 4 } }).png().toBuffer();
    };
    const explained: EpochExplanation[] = [];
    const methods = [saliency(), accumulatedGradients()];
    await fit(model, 3, [explainEpochs({ model, methods, input, every: 2, out, draw, onExplanation: (each) => void explained.push(each) })]);
    const stems = [0, 2].flatMap((epoch) => ['accumulated-gradients', 'saliency'].map((name) => `epoch-00${epoch}.${name}`));
    expect((await readdir(out)).sort()).toEqual(stems.flatMap((stem) => [`${stem}.json`, `${stem}.npy`, `${stem}.png`]));
    expect(explained.map(({ explanation }) => explanation.values.shape[0])).toEqual([2, 1, 2, 1]);
    for (const { epoch, explanation } of explained) {
      const stem = join(out, `epoch-00${epoch}.${explanation.provenance.method}`);
      expect(decodeNpy(await readFile(`${stem}.npy`), stem)).toEqual(explanation.values);
      expect(JSON.parse(await readFile(`${stem}.json`, 'utf8'))).toMatchObject({ epoch, method: explanation.provenance.method, backend: { engine: engine.engine } });
      expect(await sharp(`${stem}.png`).metadata()).toMatchObject({ format: 'png', width: 8, height: 8 });
    }
  });

  test('a folder that cannot be written, and a model that diverged, end the training with a named error', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const model = network();
    await expect(fit(model, 1, [explainEpochs({ model, methods: [saliency()], input, out: join(file, 'maps') })])).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    const diverged = network();
    const poison = new tfl.CustomCallback({ onEpochBegin: async () => {
      engine.tf.tidy(() => diverged.setWeights(diverged.getWeights().map((weight) => engine.tf.fill(weight.shape, NaN))));
    } }, 'never');
    const callback = explainEpochs({ model: diverged, methods: [saliency()], input, onExplanation: () => undefined });
    await expect(fit(diverged, 1, [poison, callback])).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/NaN/) });
  });

  test.each([
    ['methods', { methods: [] }],
    ['every', { every: 0 }],
    ['out', { onExplanation: undefined }],
  ])('a request without sense is refused at once: %s', (option, change) => {
    const model = network();
    const request = { model, methods: [saliency()], input, onExplanation: () => undefined };
    expect(() => explainEpochs({ ...request, ...change })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', details: expect.objectContaining({ option }) }));
    model.dispose();
    model.optimizer.dispose();
  });
});

describe('accumulating epochs', () => {
  test('the map of an epoch is the sum over the states that its batches left', async () => {
    const model = network();
    const { callback, maps } = accumulateEpochs({ model, method: accumulatedGradients(), input });
    const sums: Tensor[][] = [[], []];
    let current = 0;
    const watch = new tfl.CustomCallback({
      onEpochBegin: async (epoch) => void (current = epoch),
      onBatchEnd: async () => {
        const live = await loadModel(model);
        sums[current]!.push((await explain(live, accumulatedGradients(), { batches: [input] })).values);
        await live.dispose();
      },
    }, 'never');
    const trained = await fit(model, 2, [callback, watch]);
    expect(maps.map(({ shape }) => shape)).toEqual([[1, 8, 8, 1], [1, 8, 8, 1]]);
    maps.forEach((map, epoch) => {
      expect(sums[epoch]).toHaveLength(4);
      map.data.forEach((value, i) => {
        // The method gives a mean over the samples, so that four equal shares make the whole.
        const mean = sums[epoch]!.reduce((sum, { data: part }) => sum + part[i]!, 0) / 4;
        expect(value).toBeCloseTo(mean, 5);
      });
    });
    expect(await fit(network(), 2)).toEqual(trained);
  });
});
