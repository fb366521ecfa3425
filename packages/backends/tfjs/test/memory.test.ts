import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { defineMethod, explain, gradientAt, INPUT, type Query, type Tensor } from '@pellucid/core';
import { contractBatch, convolutionalNetwork, softmaxNetwork } from '@pellucid/testkit';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine } from '../src/index.ts';
import { asGraphModel, asLayersModel } from './contract-models.ts';
import { ENGINES } from './engines.ts';

const [channels, height, width] = softmaxNetwork.inputShape as [number, number, number];
const batch = (count: number): Tensor => ({ shape: [count, height, width, channels], data: contractBatch(softmaxNetwork, count).data });
const input = batch(4);
const targets = [0, 1, 2, 3];
const queries: Query<'activations' | 'gradient'>[] = [
  { input },
  { input, activations: ['conv1', 'pool1'] },
  { input, gradient: { of: { kind: 'logit', targets }, at: [INPUT] } },
  { input, activations: ['conv2'], gradient: { of: { kind: 'margin', targets }, at: ['conv1', INPUT, 'relu2'] } },
  { input, gradient: { of: { kind: 'probability', targets }, at: ['scores'] } },
];

/** The gradient of the explained logit: the smallest method there is. */
const plainGradient = defineMethod({
  name: 'plain-gradient',
  title: 'Gradient',
  paper: { authors: 'none', year: 2026, title: 'none', url: 'https://example.org' },
  needs: ['gradient'],
  kind: 'local',
  options: {},
  explain: async (model, { input: images, objective }) => ({
    values: gradientAt(await model.evaluate({ input: images, gradient: { of: objective, at: [INPUT] } }), INPUT),
  }),
});

describe.each(ENGINES)('on engine %s', (name) => {
  let held: { numTensors: number; numBytes: number };
  const memory = (): typeof held => {
    const { numTensors, numBytes } = tf.memory();
    return { numTensors, numBytes };
  };
  beforeAll(async () => {
    const engine = await openEngine(name);
    await engine.exclusive(() => undefined);
    held = memory();
  });
  afterAll(() => {
    expect(memory()).toEqual(held);
  });

  describe.each([['layers', asLayersModel], ['graph', asGraphModel]] as const)('a %s model', (_, build) => {
    test('every kind of query leaves the engine as it was, whole or in chunks', async () => {
      const before = memory();
      const model = await loadModel(build(softmaxNetwork), { engine: name });
      const loaded = memory();
      for (const query of queries) {
        for (const memoryBudget of [2 ** 30, 1]) {
          await model.evaluate(query, { memoryBudget });
          expect(memory()).toEqual(loaded);
        }
      }
      await model.dispose();
      expect(memory()).toEqual(before);
    });

    test('so does every query that fails, and the next is answered', async () => {
      const model = await loadModel(build(softmaxNetwork), { engine: name });
      const loaded = memory();
      const refused: [Query<'activations' | 'gradient'>, string][] = [
        [{ input: { shape: [1, 2], data: new Float32Array(2) } }, 'SHAPE_MISMATCH'],
        [{ input: { ...input, data: input.data.map(() => NaN) } }, 'INPUT_NOT_FINITE'],
        [{ input, activations: ['conv9'] }, 'LAYER_NOT_FOUND'],
        [{ input, gradient: { of: { kind: 'logit', targets: [9, 9, 9, 9] }, at: [INPUT] } }, 'TARGET_OUT_OF_RANGE'],
        [{ input, gradient: { of: { kind: 'logit', targets }, at: ['probabilities'] } }, 'GRADIENT_UNREACHABLE'],
      ];
      for (const [query, code] of refused) {
        await expect(model.evaluate(query)).rejects.toMatchObject({ code });
        expect(memory()).toEqual(loaded);
      }
      await expect(model.evaluate(queries[2]!, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
      expect(memory()).toEqual(loaded);
      await model.evaluate(queries[3]!);
      expect(memory()).toEqual(loaded);
      await model.dispose();
    });

    test('queries, loads and disposals at the same time give what they give one after the other', async () => {
      const model = await loadModel(build(softmaxNetwork), { engine: name });
      const before = memory();
      const alone = [];
      for (const query of queries) alone.push(await model.evaluate(query));
      const passing = async (): Promise<void> => (await loadModel(build(convolutionalNetwork), { engine: name })).dispose();
      const together = await Promise.all([...queries, ...queries].flatMap((query) => [model.evaluate(query), passing()]));
      expect(together.filter((answer) => answer !== undefined)).toEqual([...alone, ...alone]);
      expect(memory()).toEqual(before);
      await model.dispose();
    });
  });

  // The JavaScript engine takes as long for a tenth.
  const many = name === 'cpu' ? 100 : 1000;
  test(`${many} explanations hold as much memory as 10`, async () => {
    const model = await loadModel(asLayersModel(softmaxNetwork), { engine: name });
    const one = batch(1);
    const explainTimes = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await explain(model, plainGradient(), { input: one, seed: i });
    };
    await explainTimes(10);
    const before = memory();
    await explainTimes(many - 10);
    expect(memory()).toEqual(before);
    await model.dispose();
  });

  test('a layer that fails in the middle of a pass leaves nothing behind', async () => {
    let failing = false;
    class Fragile extends tfl.layers.Layer {
      static className = 'Fragile';
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const doubled = tf.mul(Array.isArray(inputs) ? inputs[0]! : inputs, 2);
        if (failing) throw new Error('it broke');
        return doubled;
      }
    }
    const engine = await openEngine(name);
    const live = await engine.exclusive(() => tfl.sequential({ layers: [tfl.layers.dense({ units: 3, inputShape: [2] }), new Fragile(), tfl.layers.dense({ units: 2, activation: 'softmax' })] }));
    const model = await loadModel(live, { engine: name });
    const query: Query<'gradient'> = { input: { shape: [1, 2], data: Float32Array.of(1, 2) }, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } };
    const answer = await model.evaluate(query);
    const before = memory();
    failing = true;
    await expect(model.evaluate(query)).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringMatching(/engine failed: .*it broke/) });
    expect(memory()).toEqual(before);
    failing = false;
    expect(await model.evaluate(query)).toEqual(answer);
    expect(memory()).toEqual(before);
    live.dispose();
    await expect(model.evaluate(query)).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringMatching(/disposed/) });
  });

  test('a model in training can be asked at any time, and answers with its weights as they are', async () => {
    const engine = await openEngine(name);
    await engine.exclusive(async () => {
      const live = tfl.sequential({ layers: [tfl.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [6, 6, 1] }), tfl.layers.flatten(), tfl.layers.dense({ units: 2 })] });
      const optimizer = tf.train.sgd(0.01);
      live.compile({ optimizer, loss: 'meanSquaredError' });
      const model = await loadModel(live, { engine: name });
      const [x, y] = [tf.ones([8, 6, 6, 1]), tf.ones([8, 2])];
      const image: Tensor = { shape: [1, 6, 6, 1], data: new Float32Array(36).fill(0.5) };
      const query: Query<'gradient'> = { input: image, gradient: { of: { kind: 'logit', targets: [0] }, at: [INPUT] } };
      const maps: Tensor[] = [];
      const before = memory();
      for (let step = 0; step < 3; step++) {
        const [, evaluation] = await Promise.all([live.trainOnBatch(x, y), model.evaluate(query)]);
        maps.push(gradientAt(evaluation, INPUT));
        const fresh = await loadModel(live, { engine: name });
        expect(gradientAt(await model.evaluate(query), INPUT)).toEqual(gradientAt(await fresh.evaluate(query), INPUT));
        expect(memory()).toEqual(before);
      }
      expect(maps[0]).not.toEqual(maps[2]);
      tf.dispose([x, y]);
      optimizer.dispose();
      live.dispose();
    });
  });
});
