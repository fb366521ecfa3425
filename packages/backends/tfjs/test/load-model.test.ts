import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { gradientAt, INPUT, type Tensor } from '@pellucid/core';
import { contractBatch, convolutionalNetwork, softmaxNetwork } from '@pellucid/testkit';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { BACKEND_OF } from '../src/engine/engine-name.ts';
import { loadModel, openEngine, type ModelBytes } from '../src/index.ts';
import { valueAt } from '../src/model/value-at.ts';
import { disposeAll } from '../src/model/layers-tree.ts';
import { asGraphModel, asLayersModel, type JoinedModel } from './contract-models.ts';
import { ENGINE, ENGINES } from './engines.ts';

/** A network's `model.json` with its weights cut into two files, as the converter writes large models. */
async function writeModel(folder: string, { modelJson, weights }: JoinedModel, change: (json: string) => string = (json) => json): Promise<string> {
  const path = join(folder, 'model.json');
  const split = modelJson.replace('"paths":["weights.bin"]', '"paths":["a.bin","b.bin"]');
  await writeFile(path, change(split));
  await writeFile(join(folder, 'a.bin'), weights.subarray(0, 100));
  await writeFile(join(folder, 'b.bin'), weights.subarray(100));
  return path;
}

const bytes = asLayersModel(softmaxNetwork);
const [channels, height, width] = softmaxNetwork.inputShape as [number, number, number];
/** Any values do: the answers are compared with each other. */
const batch = (count: number): Tensor => ({ shape: [count, height, width, channels], data: contractBatch(softmaxNetwork, count).data });
const input = batch(2);
const at = { of: { kind: 'logit', targets: [0, 1] }, at: [INPUT] } as const;

let folder: string;
let tensors: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pellucid-tfjs-'));
  await openEngine(ENGINE);
  tensors = tf.memory().numTensors;
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  // Whatever a test loaded, failed to load or interrupted, nothing may be left in the engine.
  expect(tf.memory().numTensors).toBe(tensors);
});

describe('sources', () => {
  test.each([asLayersModel, asGraphModel])('a path, a URL and bytes of the same model give the same answer and hash', async (build) => {
    const source = build(softmaxNetwork);
    const path = await writeModel(folder, source);
    const models = [await loadModel(path), await loadModel(pathToFileURL(path)), await loadModel(pathToFileURL(path).href), await loadModel(source)];
    const [first, ...others] = await Promise.all(models.map((model) => model.evaluate({ input, gradient: at })));
    for (const other of others) expect(other).toEqual(first);
    expect(models[0]!.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(models.slice(0, 3).map(({ hash }) => hash)).size).toBe(1);
    await Promise.all(models.map((model) => model.dispose()));
  });

  test('a live model answers like its file and stays usable when the adapter is disposed', async () => {
    const live = tfl.sequential({ layers: [tfl.layers.dense({ units: 3, inputShape: [4], activation: 'softmax', name: 'scores' })] });
    const model = await loadModel(live, { engine: ENGINE });
    const { logits, output, gradients } = await model.evaluate({
      input: { shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) },
      gradient: { of: { kind: 'logit', targets: [2] }, at: [INPUT] },
    });
    const [kernel, bias] = live.getWeights().map((weight) => weight.dataSync()) as [Float32Array, Float32Array];
    const expected = [0, 1, 2].map((unit) => bias[unit]! + [1, 2, 3, 4].reduce((sum, x, i) => sum + x * kernel[i * 3 + unit]!, 0));
    expected.forEach((value, i) => {
      expect(logits.data[i]).toBeCloseTo(value, 5);
    });
    expect(output.data.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    // The logit is linear, so that its gradient is the column of the kernel.
    [0, 1, 2, 3].forEach((i) => {
      expect(valueAt(gradients, INPUT).data[i]).toBeCloseTo(kernel[i * 3 + 2]!, 6);
    });
    await model.dispose();
    await model.dispose();
    expect(live.getWeights()[0]!.isDisposed).toBe(false);
    live.dispose();
  });

  test.each([
    ['a missing file', async () => join(folder, 'none.json'), 'MODEL_INVALID', /does not exist/],
    ['a file that is not JSON', () => writeModel(folder, bytes, () => 'PK'), 'MODEL_INVALID', /not JSON/],
    ['JSON that is no model', () => writeModel(folder, bytes, () => '{}'), 'MODEL_INVALID', /modelTopology/],
    ['no manifest', () => writeModel(folder, bytes, (json) => json.replace('weightsManifest', 'w')), 'MODEL_INVALID', /weightsManifest/],
    ['a weight file that is missing', () => writeModel(folder, bytes, (json) => json.replace('b.bin', 'c.bin')), 'MODEL_INVALID', /c\.bin.*does not exist/],
    ['a weight file that is short', () => writeModel(folder, bytes, (json) => json.replace('"a.bin",', '')), 'MODEL_INVALID', /bytes/],
    ['a weight file outside the folder', () => writeModel(folder, bytes, (json) => json.replace('b.bin', '../b.bin')), 'MODEL_INVALID', /outside/],
    ['an absolute weight file', () => writeModel(folder, bytes, (json) => json.replace('b.bin', '/b.bin')), 'MODEL_INVALID', /outside/],
    ['an unknown layer', () => writeModel(folder, bytes, (json) => json.replace('MaxPooling2D', 'Mystery')), 'MODEL_UNSUPPORTED', /Mystery/],
  ] as const)('%s is refused and leaves nothing behind', async (_, write, code, message) => {
    await expect(loadModel(await write())).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('an unknown operator of a graph model is refused with its name', async () => {
    const graph = asGraphModel(convolutionalNetwork);
    const modelJson = graph.modelJson.replace('"op":"MaxPool"', '"op":"Mystery"');
    await expect(loadModel({ ...graph, modelJson })).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/Mystery/) });
  });

  test('an input with free axes needs its shape stated', async () => {
    const open = tfl.sequential({ layers: [tfl.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [null, null, 1] }), tfl.layers.globalAveragePooling2d({})] });
    await expect(loadModel(open)).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/inputShape/) });
    const model = await loadModel(open, { inputShape: [6, 5, 1] });
    expect(model.input.shape).toEqual([null, 6, 5, 1]);
    open.dispose();
  });
});

describe('layers', () => {
  test('names, kinds, operators, shapes and layouts are those of the model', async () => {
    const model = await loadModel(bytes, { name: 'small' });
    const filters = softmaxNetwork.layers.flatMap((layer) => (layer.kind === 'conv' ? [layer.filters.shape[0]!] : []));
    const [first, second] = filters as [number, number];
    const rest = [height / 2 - 2, width / 2 - 2];
    expect(model.layers.map(({ name, kind, operator, shape, layout }) => [name, kind, operator, shape, layout])).toEqual([
      ['conv1', 'conv', 'Conv2D', [null, height, width, first], 'NHWC'],
      ['relu1', 'relu', 'ReLU', [null, height, width, first], 'NHWC'],
      ['pool1', 'max-pool', 'MaxPooling2D', [null, height / 2, width / 2, first], 'NHWC'],
      ['conv2', 'conv', 'Conv2D', [null, ...rest, second], 'NHWC'],
      ['relu2', 'relu', 'ReLU', [null, ...rest, second], 'NHWC'],
      ['scores_flatten', 'reshape', 'Flatten', [null, rest[0]! * rest[1]! * second], 'NC'],
      ['scores', 'dense', 'Dense', [null, 5], 'NC'],
      ['probabilities', 'softmax', 'Softmax', [null, 5], 'NC'],
    ]);
    expect(model).toMatchObject({ name: 'small', classes: 5, backend: { name: 'tfjs', engine: ENGINE } });
    await model.dispose();
  });

  test('a layer that passes its input on has its own gradient beside a skip', async () => {
    const x = tfl.input({ shape: [2] });
    const dropped = tfl.layers.dropout({ rate: 0.5, name: 'dropped' }).apply(x) as tfl.SymbolicTensor;
    const live = tfl.model({ inputs: x, outputs: tfl.layers.add({ name: 'sum' }).apply([x, dropped]) as tfl.SymbolicTensor });
    const model = await loadModel(live);
    const { gradients } = await model.evaluate({
      input: { shape: [1, 2], data: Float32Array.of(1, 2) },
      gradient: { of: { kind: 'logit', targets: [0] }, at: [INPUT, 'dropped'] },
    });
    expect([...valueAt(gradients, 'dropped').data]).toEqual([1, 0]);
    expect([...valueAt(gradients, INPUT).data]).toEqual([2, 0]);
    live.dispose();
  });

  test('each use of a shared layer is a layer of its own', async () => {
    const x = tfl.input({ shape: [1] });
    const double = tfl.layers.dense({ units: 1, kernelInitializer: tfl.initializers.constant({ value: 2 }), name: 'double' });
    const live = tfl.model({ inputs: x, outputs: double.apply(double.apply(x)) as tfl.SymbolicTensor });
    const model = await loadModel(live);
    const { activations, gradients } = await model.evaluate({
      input: { shape: [1, 1], data: Float32Array.of(3) },
      activations: ['double', 'double:1'],
      gradient: { of: { kind: 'sum-of-logits' }, at: ['double', 'double:1'] },
    });
    expect([...activations.values()].map(({ data }) => data[0])).toEqual([6, 12]);
    expect([...gradients.values()].map(({ data }) => data[0])).toEqual([2, 1]);
    disposeAll(live);
  });

  test('stated logits replace the search for a final softmax', async () => {
    const stated = await loadModel(bytes, { logits: 'scores' });
    const output = await loadModel(bytes, { logits: 'output' });
    const found = await loadModel(bytes);
    const [a, b, c] = await Promise.all([stated.evaluate({ input }), output.evaluate({ input }), found.evaluate({ input })]);
    expect(a.logits).toEqual(c.logits);
    expect(b.logits).toEqual(b.output);
    await expect(loadModel(bytes, { logits: 'score' })).rejects.toMatchObject({ code: 'LAYER_NOT_FOUND' });
    await Promise.all([stated, output, found].map((model) => model.dispose()));
  });

  test('a gradient at a layer behind the logits does not exist', async () => {
    const model = await loadModel(bytes);
    const asked = model.evaluate({ input, gradient: { ...at, at: ['probabilities'] } });
    await expect(asked).rejects.toMatchObject({ code: 'GRADIENT_UNREACHABLE', details: { at: 'probabilities' } });
    await model.dispose();
  });
});

/** A native engine has its process for itself. */
const inPairs = ENGINES.length > 1 ? test : test.skip;

describe('passes', () => {
  test('a gradient at a layer asks nothing of the operations before it', async () => {
    const backendName = BACKEND_OF[ENGINE];
    const kernelFunc: tf.KernelFunc = (call) => tf.getKernel('Relu', backendName).kernelFunc(call);
    tf.registerKernel({ kernelName: 'Mystery', backendName, kernelFunc });
    class Mystery extends tfl.layers.Layer {
      static className = 'Mystery';
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const x = Array.isArray(inputs) ? inputs[0]! : inputs;
        return tf.engine().runKernel('Mystery', { x });
      }
    }
    const live = tfl.sequential({
      layers: [new Mystery({ inputShape: [3], name: 'unknown' }), tfl.layers.dense({ units: 2, kernelInitializer: 'ones', name: 'scores' })],
    });
    const model = await loadModel(live);
    const ask = (point: string | typeof INPUT): Promise<unknown> =>
      model.evaluate({ input: { shape: [1, 3], data: Float32Array.of(1, 2, 3) }, gradient: { of: { kind: 'sum-of-logits' }, at: [point] } });
    await expect(ask('unknown')).resolves.toMatchObject({ gradients: new Map([['unknown', { shape: [1, 3], data: Float32Array.of(2, 2, 2) }]]) });
    await expect(ask(INPUT)).rejects.toMatchObject({ code: 'GRADIENT_UNDEFINED', details: { operator: 'Mystery', node: 'unknown' } });
    live.dispose();
    tf.unregisterKernel('Mystery', backendName);
  });

  test('an abort between chunks stops the evaluation and leaves nothing', async () => {
    const model = await loadModel(bytes);
    const before = tf.memory().numTensors;
    const abort = new AbortController();
    // One sample at a time: the timer fires long before the last of them.
    const asked = model.evaluate({ input: batch(200), gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } }, { memoryBudget: 1, signal: abort.signal });
    setTimeout(() => {
      abort.abort();
    }, 0);
    await expect(asked).rejects.toMatchObject({ code: 'ABORTED' });
    expect(tf.memory().numTensors).toBe(before);
    await model.dispose();
    await expect(model.evaluate({ input })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  test('an abort stops questions that are asked one after the other, of one chunk each', async () => {
    const model = await loadModel(bytes);
    const abort = new AbortController();
    let answered = 0;
    const asked = (async () => {
      for (; answered < 200; answered++) await model.evaluate({ input }, { signal: abort.signal });
    })();
    setTimeout(() => {
      abort.abort();
    }, 0);
    await expect(asked).rejects.toMatchObject({ code: 'ABORTED' });
    expect(answered).toBeLessThan(200);
    await model.dispose();
  });

  inPairs('models on two engines can be asked at the same time', async () => {
    const [fast, plain] = [await loadModel(bytes, { engine: 'wasm' }), await loadModel(bytes, { engine: 'cpu' })];
    const answers = await Promise.all([fast, plain, fast, plain].map((model) => model.evaluate({ input, gradient: at })));
    const maps = answers.map(({ gradients }) => valueAt(gradients, INPUT).data);
    const [a, b, c, d] = maps as [Float32Array, Float32Array, Float32Array, Float32Array];
    expect(c).toEqual(a);
    expect(d).toEqual(b);
    a.forEach((value, i) => {
      expect(b[i]).toBeCloseTo(value, 5);
    });
    expect([fast.backend.engine, plain.backend.engine]).toEqual(['wasm', 'cpu']);
    await Promise.all([fast.dispose(), plain.dispose()]);
  });
});

/** What `save` writes of a live model. */
async function saved(model: tfl.LayersModel): Promise<ModelBytes> {
  const written: ModelBytes[] = [];
  await model.save(tf.io.withSaveHandler(async ({ modelTopology, weightSpecs = [], weightData }) => {
    const weights = weightSpecs.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
    written.push({
      modelJson: JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights }] }),
      weights: new Uint8Array(weightData as ArrayBuffer),
    });
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  }));
  return written[0]!;
}

describe('what the library saves and cannot load again', () => {
  test.each([1, 2, 3])('separable convolutions with %d filters per channel answer as the live model does, also inside models and with other parameters', async (depthMultiplier) => {
    const engine = await openEngine(ENGINE);
    const live = await engine.exclusive(() => tfl.sequential({ layers: [
      tfl.sequential({ name: 'block', layers: [
        tfl.layers.separableConv2d({ name: 'separable', inputShape: [6, 6, 2], filters: 4, kernelSize: 3, depthMultiplier, activation: 'tanh', biasInitializer: 'randomNormal' }),
      ] }),
      tfl.layers.flatten(), tfl.layers.dense({ name: 'scores', units: 2 }),
    ] }));
    const question = { input: { shape: [2, 6, 6, 2], data: Float32Array.from({ length: 144 }, (_, i) => Math.sin(i * 1.7)) }, gradient: at };
    const [own, read] = [await loadModel(live), await loadModel(await saved(live))];
    const expected = gradientAt(await own.evaluate(question), INPUT).data;
    const copies = await Promise.all([own, read].map((model) => model.parameters?.replace(new Map())));
    for (const model of [read, ...copies]) {
      if (model === undefined) throw new Error('models of this backend can be copied');
      const found = gradientAt(await model.evaluate(question), INPUT).data;
      expected.forEach((value, i) => { expect(found[i]).toBeCloseTo(value, 6); });
    }
    await Promise.all([own, read, ...copies].map((model) => model?.dispose()));
    disposeAll(live);
  });

  test('layers with equal names inside models are refused with what helps', async () => {
    const engine = await openEngine(ENGINE);
    const block = (name: string): tfl.Sequential => tfl.sequential({ name, layers: [tfl.layers.dense({ name: 'same', units: 2, inputShape: [2] })] });
    const live = await engine.exclusive(() => tfl.sequential({ layers: [block('one'), block('two')] }));
    await expect(loadModel(await saved(live))).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/same\/kernel.*name the layers apart.*live model/) });
    const model = await loadModel(live);
    expect(model.layers.map(({ name }) => name)).toEqual(['one/same', 'two/same']);
    await model.dispose();
    disposeAll(live);
  });
});
