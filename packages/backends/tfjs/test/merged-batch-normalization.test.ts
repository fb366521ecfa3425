import { describe, expect, test } from '@jest/globals';
import { explain, gradientAt, INPUT, mapValues, tensor, type Method, type ModelAdapter, type Tensor } from '@pellucid/core';
import { deepLift } from '@pellucid/method-deep-lift';
import { deepLiftShap } from '@pellucid/method-deep-lift-shap';
import { excitationBackprop } from '@pellucid/method-excitation-backprop';
import { lrp } from '@pellucid/method-lrp';
import { normalValues } from '@pellucid/testkit';

import { loadModel, type ModelBytes } from '../src/index.ts';
import { modelBytes, type Weight } from './contract-models.ts';
import { ENGINES } from './engines.ts';
import { expectSameAnswers } from './same-answers.ts';

const CHANNELS = 3;
const EPSILON = 1e-3;
const COMBINATIONS = [[true, true], [true, false], [false, true], [false, false]] as const;
const SAMPLE = 6 * 6 * 2;
const input = tensor([2, 6, 6, 2], Float32Array.from(normalValues(1, 'image', 2 * SAMPLE)));
const targets = [0, 2];

const stored = (name: string, shape: number[], seed: number): Weight => {
  const length = shape.reduce((product, axis) => product * axis, 1);
  return { name, value: { shape, data: Float32Array.from(normalValues(seed, name, length), (value) => value / 2) } };
};
const kernel = stored('conv/kernel', [3, 3, 2, CHANNELS], 2);
const bias = stored('conv/bias', [CHANNELS], 3);
const dense = [stored('scores/kernel', [16 * CHANNELS, 3], 4), stored('scores/bias', [3], 5)];
const ones: Tensor = { shape: [CHANNELS], data: new Float32Array(CHANNELS).fill(1) };
const none: Tensor = { shape: [CHANNELS], data: new Float32Array(CHANNELS) };
const gamma: Tensor = { shape: [CHANNELS], data: Float32Array.of(0.7, -1.2, 1.6) };
const beta: Tensor = { shape: [CHANNELS], data: Float32Array.of(-0.4, 0.3, 0.2) };
const mean: Tensor = { shape: [CHANNELS], data: Float32Array.of(0.2, -0.5, 0.1) };
const variance: Tensor = { shape: [CHANNELS], data: Float32Array.of(0.5, 1.3, 2.1) };

const layer = (class_name: string, config: object): object => ({ class_name, config });
const convolution = layer('Conv2D', { name: 'conv', filters: CHANNELS, kernel_size: [3, 3], padding: 'valid', batch_input_shape: [null, 6, 6, 2] });
const after = [layer('ReLU', { name: 'relu' }), layer('Flatten', { name: 'flatten' }), layer('Dense', { name: 'scores', units: 3 })];
const sequential = (layers: readonly object[], weights: readonly Weight[]): ModelBytes =>
  modelBytes('layers-model', { class_name: 'Sequential', config: { name: 'net', layers } }, weights);

/** A file as Keras saves it: the axis is a list, and a parameter that the layer does not have is not stored. */
function savedLayers(scale: boolean, center: boolean): ModelBytes {
  const parameters = [...(scale ? [['gamma', gamma] as const] : []), ...(center ? [['beta', beta] as const] : []), ['moving_mean', mean] as const, ['moving_variance', variance] as const];
  const norm = layer('BatchNormalization', { name: 'norm', scale, center, epsilon: EPSILON, axis: [3] });
  return sequential([convolution, norm, ...after], [kernel, bias, ...parameters.map(([name, value]) => ({ name: `norm/${name}`, value })), ...dense]);
}

/** The same convolution with the normalisation in its weights: w' = w s, b' = (b - mean) s + beta. */
function mergedLayers(scale: boolean, center: boolean): ModelBytes {
  const factor = variance.data.map((value, channel) => (scale ? gamma.data[channel]! : 1) / Math.sqrt(value + EPSILON));
  const weights = { ...kernel.value, data: kernel.value.data.map((value, i) => value * factor[i % CHANNELS]!) };
  const shift = bias.value.data.map((value, channel) => (value - mean.data[channel]!) * factor[channel]! + (center ? beta.data[channel]! : 0));
  return sequential([convolution, ...after], [{ name: 'conv/kernel', value: weights }, { name: 'conv/bias', value: { shape: [CHANNELS], data: shift } }, ...dense]);
}

const type = { type: 'DT_FLOAT' };
const text = (value: string): object => ({ s: Buffer.from(value).toString('base64') });
const integers = (...list: number[]): object => ({ list: { i: list.map(String) } });

/** How a graph has its batch normalisation: as one operation or as the product and the sum that it is, and where. */
interface GraphForm {
  readonly isArithmetic?: boolean;
  readonly isBehindRelu?: boolean;
}

const factors = Float32Array.from(gamma.data, (value, channel) => value / Math.sqrt(variance.data[channel]! + EPSILON));
const shifts = factors.map((factor, channel) => beta.data[channel]! - mean.data[channel]! * factor);

/** The graph that a converter writes without merging: a layer without a parameter has the constant that changes nothing. */
function savedGraph(scale: boolean, center: boolean, { isArithmetic = false, isBehindRelu = false }: GraphForm = {}): ModelBytes {
  const weights: Weight[] = [
    kernel, bias, ...dense, { name: 'shape', value: { shape: [2], data: Float32Array.of(-1, 16 * CHANNELS) } },
    ...(isArithmetic
      ? [{ name: 'norm/factor', value: { shape: [CHANNELS], data: factors } }, { name: 'norm/shift', value: { shape: [CHANNELS], data: shifts } }]
      : [
          { name: 'norm/scale', value: scale ? gamma : ones }, { name: 'norm/offset', value: center ? beta : none }, { name: 'norm/mean', value: mean },
          { name: 'norm/variance', value: variance },
        ]),
  ];
  const node = (name: string, op: string, inputs: string[], attr: object = {}): object => ({ name, op, input: inputs, attr: { T: type, ...attr } });
  const before = isBehindRelu ? 'relu' : 'conv';
  const dimensions = [-1, 6, 6, 2].map((size) => ({ size: String(size) }));
  return modelBytes('graph-model', { versions: {}, node: [
    { name: 'input', op: 'Placeholder', input: [], attr: { dtype: type, shape: { shape: { dim: dimensions } } } },
    ...weights.map(({ name }) => ({ name, op: 'Const', input: [], attr: { dtype: type } })),
    node('conv/product', 'Conv2D', ['input', 'conv/kernel'], { strides: integers(1, 1, 1, 1), dilations: integers(1, 1, 1, 1), padding: text('VALID'), data_format: text('NHWC') }),
    node('conv', 'BiasAdd', ['conv/product', 'conv/bias'], { data_format: text('NHWC') }),
    ...(isArithmetic
      ? [node('norm/product', 'Mul', [before, 'norm/factor']), node('norm', 'AddV2', ['norm/product', 'norm/shift'])]
      : [node('norm', 'FusedBatchNormV3', [before, 'norm/scale', 'norm/offset', 'norm/mean', 'norm/variance'], { epsilon: { f: EPSILON }, data_format: text('NHWC'), is_training: { b: false } })]),
    node('relu', 'Relu', [isBehindRelu ? 'conv' : 'norm']),
    node('flatten', 'Reshape', [isBehindRelu ? 'norm' : 'relu', 'shape']),
    node('scores/product', 'MatMul', ['flatten', 'scores/kernel'], { transpose_a: { b: false }, transpose_b: { b: false } }),
    node('scores', 'BiasAdd', ['scores/product', 'scores/bias'], { data_format: text('NHWC') }),
  ] }, weights);
}

const METHODS: readonly Method[] = [lrp({ rule: 'epsilon' }), lrp({ rule: 'alpha-beta' }), lrp({ rule: 'z-box' }), deepLift(), deepLiftShap()];

function relativeDifference(actual: Tensor, expected: Tensor): number {
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  expect(norm(expected.data)).toBeGreaterThan(0);
  return norm(actual.data.map((value, i) => value - expected.data[i]!)) / norm(expected.data);
}

describe.each(ENGINES)('on engine %s', (engine) => {
  describe.each(COMBINATIONS)('batch normalisation with scale %p and center %p', (scale, center) => {
    const forms = [['layers', savedLayers], ['graph', savedGraph]] as const;
    test.each(forms)('of a saved %s model gives what the convolution with merged weights gives', async (_, save) => {
      const load = async (bytes: ModelBytes): Promise<ModelAdapter> => (await loadModel(bytes, { engine })) as ModelAdapter;
      const [model, merged] = [await load(save(scale, center)), await load(mergedLayers(scale, center))];
      const query = { input, gradient: { of: { kind: 'logit', targets }, at: [INPUT] } } as const;
      const [here, there] = [await model.evaluate(query), await merged.evaluate(query)];
      expect(relativeDifference(here.logits, there.logits)).toBeLessThan(1e-6);
      expect(relativeDifference(gradientAt(here, INPUT), gradientAt(there, INPUT))).toBeLessThan(1e-6);
      const bias = (await model.biases?.())?.get('norm');
      expect(bias?.shape).toEqual([1, 1, 1, CHANNELS]);
      bias?.data.forEach((value, channel) => {
        const factor = (scale ? gamma.data[channel]! : 1) / Math.sqrt(variance.data[channel]! + EPSILON);
        expect(value).toBeCloseTo((center ? beta.data[channel]! : 0) - mean.data[channel]! * factor, 6);
      });
      for (const method of METHODS) {
        const request = { input, targets, references: mapValues(input, (value) => value / 2) };
        const [map, expected] = [await explain(model, method, request), await explain(merged, method, request)];
        expect(relativeDifference(map.values, expected.values)).toBeLessThan(1e-5);
        expect(map.provenance.uncovered).toEqual([]);
      }
      await Promise.all([model.dispose(), merged.dispose()]);
    });
  });

  test.each([false, true])('written as a product and a sum it gives what it gives as one operation, behind the ReLU: %p', async (isBehindRelu) => {
    const load = async (form: GraphForm): Promise<ModelAdapter> => (await loadModel(savedGraph(true, true, form), { engine })) as ModelAdapter;
    const [written, fused] = [await load({ isArithmetic: true, isBehindRelu }), await load({ isBehindRelu })];
    const [first] = await expectSameAnswers(written, fused, input, [lrp({ rule: 'alpha-beta' }), lrp({ rule: 'epsilon' }), excitationBackprop(), deepLift()]);
    expect(first?.provenance.uncovered).toEqual([]);
    await Promise.all([written.dispose(), fused.dispose()]);
  });
});
