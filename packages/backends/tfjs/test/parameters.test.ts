import { describe, expect, test } from '@jest/globals';
import { INPUT, gradientAt, type LayerParameters, type ModelAdapter, type ModelParameters, type Tensor } from '@pellucid/core';
import { softmaxNetwork } from '@pellucid/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine, type TfjsCapability } from '../src/index.ts';
import { disposeAll } from '../src/model/layers-tree.ts';
import { asGraphModel, asLayersModel } from './contract-models.ts';
import { ENGINES } from './engines.ts';

const wave = (shape: readonly number[]): Tensor => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1.3 * i)) });
const input = wave([2, 6, 6, 2]);
const parametersOf = ({ parameters }: ModelAdapter<never>): ModelParameters => {
  if (parameters === undefined) throw new Error('it shows no parameters');
  return parameters;
};
const tensorsOf = (layers: readonly LayerParameters[]): Map<string, Tensor> => new Map(layers.flatMap(({ tensors }) => [...tensors]));
const change = (layers: readonly LayerParameters[], by: (value: number) => number): Map<string, Tensor> =>
  new Map([...tensorsOf(layers)].map(([name, { shape, data }]) => [name, { shape, data: data.map(by) }]));
const logitsOf = async (model: ModelAdapter<TfjsCapability>, x = input): Promise<Float32Array> => (await model.evaluate({ input: x })).logits.data;

/** A network with a model inside, a shared layer, batch normalisation and a constraint. */
function liveModel(): tfl.LayersModel {
  const inner = tfl.sequential({ name: 'inner', layers: [
    tfl.layers.conv2d({ name: 'conv', filters: 3, kernelSize: 3, padding: 'same', inputShape: [6, 6, 2] }),
    tfl.layers.batchNormalization({ name: 'norm' }),
  ] });
  const x = tfl.input({ shape: [6, 6, 2] });
  const shared = tfl.layers.conv2d({ name: 'shared', filters: 3, kernelSize: 3, padding: 'same', activation: 'tanh' });
  const h = shared.apply(shared.apply(inner.apply(x))) as tfl.SymbolicTensor;
  const conv = tfl.layers.conv2d({ name: 'conv', filters: 2, kernelSize: 3, kernelConstraint: 'nonNeg' }).apply(h) as tfl.SymbolicTensor;
  const scores = tfl.layers.dense({ name: 'scores', units: 3 }).apply(tfl.layers.flatten().apply(conv)) as tfl.SymbolicTensor;
  return tfl.model({ inputs: x, outputs: tfl.layers.softmax().apply(scores) as tfl.SymbolicTensor });
}

describe.each(ENGINES)('on engine %s', (name) => {
  test('a live model shows layers of inner models by their own names, in the order of execution; a shared one once', async () => {
    const { exclusive } = await openEngine(name);
    const live = await exclusive(liveModel);
    const model = await loadModel(live, { engine: name });
    const layers = await parametersOf(model).read();
    expect(layers.map(({ layer, tensors }) => [layer, [...tensors.values()].map(({ shape }) => shape.join('x'))])).toEqual([
      ['inner/conv', ['3x3x2x3', '3']], ['norm', ['3', '3', '3', '3']], ['shared', ['3x3x3x3', '3']], ['conv', ['3x3x3x2', '2']], ['scores', ['32x3', '3']],
    ]);
    expect(model.layers.map(({ name: layer }) => layer)).toEqual(expect.arrayContaining(layers.map(({ layer }) => layer)));
    expect(tensorsOf(layers).size).toBe(12);
    await model.dispose();
    await exclusive(() => { disposeAll(live); });
  });

  test('copies of a live model hold what they are given, whatever becomes of it, and leave the engine as it was', async () => {
    const { exclusive } = await openEngine(name);
    const live = await exclusive(liveModel);
    const model = await loadModel(live, { engine: name });
    const layers = await parametersOf(model).read();
    const before = await logitsOf(model);
    const { numTensors, numBytes } = tf.memory();
    // Negative kernels, against the constraint, which is one of training.
    const negative = await parametersOf(model).replace(change(layers, (value) => -Math.abs(value)));
    const shown = await parametersOf(negative).read();
    expect([...tensorsOf(shown).values()].every(({ data }) => data.every((value) => value <= 0))).toBe(true);
    const same = await parametersOf(model).replace(new Map());
    expect(await logitsOf(same)).toEqual(before);
    expect(await logitsOf(model)).toEqual(before);
    await Promise.all([negative.dispose(), same.dispose()]);
    expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([numTensors, numBytes]);

    const copy = await parametersOf(model).replace(new Map());
    await exclusive(() => {
      live.getLayer('scores').setWeights([tf.zeros([32, 3]), tf.zeros([3])]);
    });
    expect((await logitsOf(model)).every((value) => value === 0)).toBe(true);
    // A live model is read as it is now.
    const now = (await parametersOf(model).read()).find(({ layer }) => layer === 'scores')?.tensors ?? new Map<string, Tensor>();
    expect([...now.values()].map(({ data }) => data.every((value) => value === 0))).toEqual([true, true]);
    expect(await logitsOf(copy)).toEqual(before);
    await model.dispose();
    await exclusive(() => { disposeAll(live); });
    expect(await logitsOf(copy)).toEqual(before);
    await copy.dispose();
  });

  test.each([['layers', asLayersModel], ['graph', asGraphModel]] as const)('copies of a %s model from files are freed with all that they hold, also where making one fails', async (_, build) => {
    const model = await loadModel(build(softmaxNetwork), { engine: name });
    const images = wave([2, 8, 6, 3]);
    const { numTensors, numBytes } = tf.memory();
    const layers = await parametersOf(model).read();
    const doubled = change(layers, (value) => 2 * value);
    for (let i = 0; i < 3; i++) {
      const copy = await parametersOf(model).replace(doubled);
      await copy.evaluate({ input: images, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } });
      await copy.dispose();
    }
    await expect(parametersOf(model).replace(new Map([...doubled, ['nothing', input]]))).rejects.toMatchObject({ code: 'LAYER_NOT_FOUND' });
    expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([numTensors, numBytes]);
    // What the caller does with its tensors afterwards is nothing to the engine.
    const copy = await parametersOf(model).replace(doubled);
    const before = await logitsOf(copy, images);
    for (const { data } of doubled.values()) data.fill(0);
    expect(await logitsOf(copy, images)).toEqual(before);
    await copy.dispose();
    await model.dispose();
  });

  test('initial values are not drawn again: some take long, and some need what the engine may lack', async () => {
    const { modelJson, weights } = asLayersModel(softmaxNetwork);
    const model = await loadModel({ modelJson: modelJson.replaceAll('"padding":"same"', '"padding":"same","kernel_initializer":{"class_name":"Orthogonal","config":{"gain":1}}'), weights }, { engine: name });
    const copy = await parametersOf(model).replace(new Map());
    const images = wave([2, 8, 6, 3]);
    expect(await logitsOf(copy, images)).toEqual(await logitsOf(model, images));
    await Promise.all([model.dispose(), copy.dispose()]);
  });

  test('a live graph model stays its owner’s', async () => {
    const { exclusive } = await openEngine(name);
    const { modelJson, weights } = asGraphModel(softmaxNetwork);
    const { modelTopology, weightsManifest } = JSON.parse(modelJson) as { modelTopology: object; weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[] };
    const live = await exclusive(() => loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest.flatMap((group) => group.weights), weightData: weights.slice().buffer })));
    const model = await loadModel(live, { engine: name, name: 'live' });
    const images = wave([2, 8, 6, 3]);
    const query = { input: images, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } } as const;
    const before = gradientAt(await model.evaluate(query), INPUT);
    const { numTensors } = tf.memory();
    const zero = await parametersOf(model).replace(change(await parametersOf(model).read(), () => 0));
    expect(gradientAt(await zero.evaluate(query), INPUT).data.every((value) => value === 0)).toBe(true);
    expect(gradientAt(await model.evaluate(query), INPUT)).toEqual(before);
    await zero.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
    const copy = await parametersOf(model).replace(new Map());
    await exclusive(() => { live.dispose(); });
    expect(gradientAt(await copy.evaluate(query), INPUT)).toEqual(before);
    await copy.dispose();
  });

  test('a live layer whose class TensorFlow.js cannot build again is named, and nothing is left behind', async () => {
    class Unregistered extends tfl.layers.Layer {
      static className = 'Unregistered';
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.mul(Array.isArray(inputs) ? inputs[0]! : inputs, 2);
      }
    }
    const { exclusive } = await openEngine(name);
    const live = await exclusive(() => tfl.sequential({ layers: [tfl.layers.dense({ units: 3, inputShape: [2] }), new Unregistered(), tfl.layers.dense({ units: 2 })] }));
    const model = await loadModel(live, { engine: name });
    const { numTensors } = tf.memory();
    await expect(parametersOf(model).replace(new Map())).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/Unregistered[^]*registerClass/) });
    expect(tf.memory().numTensors).toBe(numTensors);
    await model.dispose();
    await exclusive(() => { disposeAll(live); });
  });
});
