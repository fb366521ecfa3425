import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { activationOf, decodeNpy, INPUT, tensor, type BackwardRule, type BackwardRules, type ModelAdapter, type OpKind, type Tensor } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine } from '../src/index.ts';
import { valueAt } from '../src/model/value-at.ts';
import { ENGINE, ENGINES } from './engines.ts';

const GOLDEN = join(import.meta.dirname, '../../../../../shared/tf-golden');
const whereGolden = existsSync(GOLDEN) ? describe : describe.skip;

const KINDS: readonly OpKind[] = [
  'activation', 'add', 'average-pool', 'batch-norm', 'clip', 'concat', 'conv', 'conv-transpose', 'dense', 'divide', 'elu', 'global-average-pool',
  'global-max-pool', 'identity', 'leaky-relu', 'matmul', 'max-pool', 'multiply', 'other', 'pad', 'prelu', 'reduce', 'relu', 'reshape', 'resize',
  'selu', 'sigmoid', 'slice', 'softmax', 'softplus', 'subtract', 'tanh', 'transpose',
];
const everywhere = (rule: BackwardRule, settings: Partial<BackwardRules> = {}): BackwardRules => ({
  name: 'test', rules: Object.fromEntries(KINDS.map((kind) => [kind, rule])), ...settings,
});
const trueDerivative: BackwardRule = ({ derivative }) => derivative();

/** On this backend the values of rules are tensors of the engine. */
const read = (value: unknown): Float32Array => (value as tf.Tensor).dataSync() as Float32Array;

function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(actual.map((value, i) => value - expected[i]!)) / norm(expected);
}

let seed = 0;
const random = (): ReturnType<typeof tfl.initializers.randomNormal> => tfl.initializers.randomNormal({ stddev: 0.5, seed: ++seed });
const weights = (): Record<string, unknown> => ({ kernelInitializer: random(), biasInitializer: random() });

/** A branch with a normalised convolution, a nested model, a depthwise and a transposed convolution, and a dense layer used twice. */
function buildNetwork(): tfl.LayersModel {
  const input = tfl.input({ shape: [8, 8, 2], name: 'image' });
  const conv = tfl.layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, padding: 'same', ...weights() }).apply(input);
  const bn = tfl.layers.batchNormalization({
    name: 'bn', gammaInitializer: random(), betaInitializer: random(), movingMeanInitializer: random(), movingVarianceInitializer: tfl.initializers.constant({ value: 0.7 }),
  }).apply(conv);
  const relu = tfl.layers.reLU({ name: 'relu' }).apply(bn);
  const trunk = tfl.sequential({
    name: 'trunk',
    layers: [
      tfl.layers.depthwiseConv2d({ name: 'depthwise', kernelSize: 3, depthMultiplier: 2, inputShape: [8, 8, 4], depthwiseInitializer: random(), biasInitializer: random(), activation: 'relu' }),
      tfl.layers.maxPooling2d({ name: 'pool', poolSize: 2 }),
      tfl.layers.conv2dTranspose({ name: 'transposed', filters: 3, kernelSize: 2, strides: 2, ...weights(), activation: 'tanh' }),
    ],
  }).apply(relu);
  const flat = tfl.layers.globalAveragePooling2d({ name: 'average' }).apply(trunk);
  const shared = tfl.layers.dense({ name: 'shared', units: 3, ...weights(), activation: 'relu' });
  const twice = shared.apply(shared.apply(flat));
  const sum = tfl.layers.add({ name: 'sum' }).apply([flat as tfl.SymbolicTensor, twice as tfl.SymbolicTensor]);
  const output = tfl.layers.dense({ name: 'scores', units: 3, ...weights(), activation: 'softmax' }).apply(sum);
  return tfl.model({ inputs: input, outputs: output as tfl.SymbolicTensor, name: 'net' });
}

const input = tensor([4, 8, 8, 2], Float32Array.from({ length: 4 * 128 }, (_, i) => Math.sin(i * 1.7)));
const of = { kind: 'logit', targets: [0, 1, 2, 0] } as const;

describe.each(ENGINES)('rules on %s', (engine) => {
  let live: tfl.LayersModel;
  let model: ModelAdapter;
  let tensors: number;
  beforeAll(async () => {
    const opened = await openEngine(engine);
    live = await opened.exclusive(buildNetwork);
    model = (await loadModel(live, { engine })) as ModelAdapter;
  });
  afterAll(async () => {
    await model.dispose();
    live.dispose();
  });
  beforeEach(() => { tensors = tf.memory().numTensors; });
  afterEach(() => { expect(tf.memory().numTensors).toBe(tensors); });

  const gradient = async (rules?: BackwardRules, at: readonly (typeof INPUT | string)[] = [INPUT]): Promise<Tensor> => {
    const { gradients } = await model.evaluate({ input, gradient: { of, at, ...(rules && { rules }) } });
    return valueAt(gradients, at[0]!);
  };

  test.each([false, true])('that give the true derivative give the gradient (batch normalisation merged: %s)', async (mergeBatchNorm) => {
    const expected = await gradient();
    expect(relativeDifference((await gradient(everywhere(trueDerivative, { mergeBatchNorm }))).data, expected.data)).toBeLessThan(1e-6);
  });

  test('see layers as what they are made of: weights with their bias, and activations', async () => {
    const seen: string[] = [];
    const note: BackwardRule = ({ kind, linear, isFirst, isLast, derivative }) => {
      seen.push([kind, ...(linear?.bias ? ['bias'] : []), ...(isFirst ? ['first'] : []), ...(isLast ? ['last'] : [])].join(' '));
      return derivative();
    };
    const moving: readonly OpKind[] = ['identity', 'reshape'];
    const rules = Object.fromEntries(KINDS.filter((kind) => !moving.includes(kind)).map((kind) => [kind, note]));
    const only = (mergeBatchNorm: boolean): BackwardRules => ({ name: 'test', rules, mergeBatchNorm });
    await gradient(only(false));
    const backwards = ['dense bias last', 'add', 'relu', 'dense bias', 'relu', 'dense bias', 'global-average-pool', 'tanh', 'conv-transpose bias', 'max-pool', 'relu', 'conv bias', 'relu', 'batch-norm', 'conv bias first'];
    expect(seen).toEqual(backwards);
    seen.length = 0;
    await gradient(only(true));
    expect(seen).toEqual(backwards.filter((kind) => kind !== 'batch-norm'));
  });

  test('are told which weights are the last on the way to a layer, too', async () => {
    const last: string[] = [];
    const note: BackwardRule = ({ name, isLast, derivative }) => {
      if (isLast) last.push(name);
      return derivative();
    };
    const cotangent = activationOf(await model.evaluate({ input, activations: ['relu'] }), 'relu');
    await model.evaluate({ input, gradient: { of: { kind: 'cotangent', cotangent }, from: 'relu', at: [INPUT], rules: everywhere(note, { mergeBatchNorm: true }) } });
    expect(last).toEqual(['bn']);
  });

  test.each([false, true])('can compute a linear operation again, with its parts (batch normalisation merged: %s)', async (mergeBatchNorm) => {
    const differences: number[] = [];
    const repeat: BackwardRule = ({ inputs, outputs, linear, derivative }) => {
      if (linear) differences.push(relativeDifference(read(linear.forward(inputs[0]!, linear.weight, linear.bias)), read(outputs[0])));
      return derivative();
    };
    await gradient(everywhere(repeat, { mergeBatchNorm }));
    expect(differences).toHaveLength(6);
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  });

  test('do not merge across a layer where the gradient is taken', async () => {
    const kinds: string[] = [];
    const note: BackwardRule = ({ kind, derivative }) => { kinds.push(kind); return derivative(); };
    const found = await gradient(everywhere(note, { mergeBatchNorm: true }), ['conv']);
    expect(kinds).toContain('batch-norm');
    expect(relativeDifference(found.data, (await gradient(undefined, ['conv'])).data)).toBeLessThan(1e-6);
  });

  test('leave what they do not cover as it is, and name what of it is not linear', async () => {
    const relu: BackwardRule = ({ gradients }) => [gradients[0]!];
    const { uncovered } = await model.evaluate({ input, gradient: { of, at: [INPUT], rules: { name: 'test', rules: { relu } } } });
    expect([...uncovered].sort()).toEqual(['pool (MaxPool)', 'transposed (Tanh)']);
  });

  test('may give one value to several inputs, or none', async () => {
    const half: BackwardRule = ({ gradients, inputs }, { multiply, constant }) => {
      const part = multiply(gradients[0]!, constant(0.5));
      return inputs.map(() => part);
    };
    const add = await gradient({ name: 'test', rules: { add: half } });
    expect(relativeDifference(add.data, (await gradient()).data.map((value) => value / 2))).toBeLessThan(1e-6);
    const stop = await gradient({ name: 'test', rules: { 'max-pool': () => [null] } });
    expect(stop.data.every((value) => value === 0)).toBe(true);
  });

  test('for pairs keep them together in chunks of any size', async () => {
    const swap: BackwardRule = ({ gradients }, { halves, join, multiply, constant }) => {
      const [here, there] = halves(gradients[0]!);
      return [join(there, multiply(here, constant(2)))];
    };
    const rules: BackwardRules = { name: 'test', rules: { tanh: swap }, paired: true };
    const whole = await model.evaluate({ input, gradient: { of, at: [INPUT], rules } });
    const cut = await model.evaluate({ input, gradient: { of, at: [INPUT], rules } }, { memoryBudget: 1 });
    expect(relativeDifference(valueAt(cut.gradients, INPUT).data, valueAt(whole.gradients, INPUT).data)).toBeLessThan(1e-6);
    expect(relativeDifference(cut.logits.data, whole.logits.data)).toBeLessThan(1e-6);
    const odd = { input: tensor([3, 8, 8, 2], input.data.slice(0, 384)), gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT], rules } } as const;
    await expect(model.evaluate(odd)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  test('that fail say where, and leave the engine as it was', async () => {
    const fail: BackwardRule = () => { throw new Error('no such rule'); };
    await expect(gradient({ name: 'test', rules: { tanh: fail } })).rejects.toMatchObject({ code: 'GRADIENT_UNDEFINED', details: { node: 'transposed', reason: expect.stringContaining('no such rule') } });
    expect(Object.keys(tf.engine())).not.toEqual(expect.arrayContaining(['runKernel']));
    expect(Object.keys(tf.engine())).not.toEqual(expect.arrayContaining(['addTapeNode']));
    expect((await gradient()).data.some((value) => value !== 0)).toBe(true);
  });
});

const FORMS = [
  ['vgg', 'layers'], ['vgg', 'graph'], ['resnet', 'layers'], ['resnet', 'graph'], ['mobilenet_v2', 'layers'], ['mobilenet_v2', 'graph'],
  ['conv1d', 'layers'], ['conv1d', 'graph'], ['activations', 'layers'], ['activations', 'graph'], ['densenet', 'graph_unfused'], ['nested', 'layers'],
  ['upsample', 'graph'],
] as const;

whereGolden('converted Keras networks', () => {
  test.each(FORMS)('%s as %s: weights, bias and merged batch normalisation give what the network gave', async (network, form) => {
    const model = (await loadModel(join(GOLDEN, network, form, 'model.json'), { engine: ENGINE })) as ModelAdapter;
    const differences: number[] = [];
    const repeat: BackwardRule = ({ kind, inputs, outputs, linear, derivative }) => {
      if (linear && kind !== 'matmul') differences.push(relativeDifference(read(linear.forward(inputs[0]!, linear.weight, linear.bias)), read(outputs[0])));
      return derivative();
    };
    const images = decodeNpy(readFileSync(join(GOLDEN, network, 'input.npy')), 'input.npy');
    const query = { input: images, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } } as const;
    const expected = await model.evaluate(query);
    const found = await model.evaluate({ ...query, gradient: { ...query.gradient, rules: everywhere(repeat, { mergeBatchNorm: true }) } });
    expect(relativeDifference(valueAt(found.gradients, INPUT).data, valueAt(expected.gradients, INPUT).data)).toBeLessThan(1e-5);
    expect(differences.length).toBeGreaterThan(2);
    expect(Math.max(...differences)).toBeLessThan(1e-5);
    await model.dispose();
  });
});
