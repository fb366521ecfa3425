import { describe, expect, test } from '@jest/globals';
import { INPUT, tensor, type Method, type ModelAdapter } from '@pellucid/core';
import { deepLift } from '@pellucid/method-deep-lift';
import { excitationBackprop } from '@pellucid/method-excitation-backprop';
import { lrp } from '@pellucid/method-lrp';
import { normalValues } from '@pellucid/testkit';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine, type ModelSource } from '../src/index.ts';
import { disposeAll } from '../src/model/layers-tree.ts';
import { valueAt } from '../src/model/value-at.ts';
import { ENGINES } from './engines.ts';
import { expectSameAnswers } from './same-answers.ts';
import { storedGraph } from './stored-graph.ts';

const METHODS: readonly Method[] = [
  lrp({ composite: 'epsilon', epsilon: 1e-2 }), lrp({ composite: 'epsilon-plus', epsilon: 1e-2 }), lrp({ rule: 'alpha-beta', epsilon: 1e-2 }), deepLift(), excitationBackprop(),
];

const [SAMPLES, PLACES, SIZE, CLASSES] = [2, 4, 6, 3];
const EPSILON = 0.01;
const drawn = (name: string, size: number): number[] => Array.from(normalValues(7, name, size), (value) => value * 0.6);
const head = drawn('head', SIZE * CLASSES);
const input = tensor([SAMPLES, 2, 2, SIZE], Float32Array.from(normalValues(3, 'input', SAMPLES * PLACES * SIZE)));
const targets = [0, 2];

/** How Keras 2 writes the layer, and what is near it but is none. */
interface Form {
  /** The first axis that is normalised. */
  readonly axis?: 1 | 3;
  readonly scale?: boolean;
  readonly center?: boolean;
  /** With stored shapes, of which one length follows from the others. */
  readonly isStored?: boolean;
  /** What stands for the ones. */
  readonly filling?: number;
  /** Statistics of all samples together. */
  readonly isAcross?: boolean;
  /** An offset for every place, which is no parameter of a normalisation of channels. */
  readonly hasPositions?: boolean;
  /** A factor that is one number. */
  readonly isScalar?: boolean;
}

const shapeOf = ({ axis = 3 }: Form): number[] => (axis === 1 ? [1, 2, 2, SIZE] : [SIZE]);
const sizeOf = ({ axis = 3 }: Form): number => (axis === 1 ? PLACES * SIZE : SIZE);
const factors = (form: Form): number[] => (form.scale === false ? [1] : form.isScalar === true ? [1.7] : drawn('gamma', sizeOf(form)).map((value) => 1 + value));
const offsets = (form: Form): number[] => (form.center === false ? [0] : drawn('beta', form.hasPositions === true ? PLACES * SIZE : sizeOf(form)));

/** tanh(x), normalised, rectified, averaged over places and multiplied by weights. */
function graphOf(form: Form): ModelSource {
  const { axis = 3, scale = true, center = true, isStored = false, filling = 1, isAcross = false, hasPositions = false, isScalar = false } = form;
  const { input: placeholder, constant, node, bytes } = storedGraph();
  const integers = (name: string, ...numbers: number[]): string => constant(name, [numbers.length], numbers, 'int32');
  const integer = (name: string, number: number): string => constant(name, [], [number], 'int32');
  const x = node('tanh', 'Tanh', [placeholder('x', [-1, 2, 2, SIZE])]);
  const lengths = node('norm/Shape', 'Shape', [x], { out_type: { type: 'DT_INT32' } });
  const product = (name: string, first: number, end: number, mask: object): string => node(name, 'Prod', [
    node(`${name}/slice`, 'StridedSlice', [lengths, integers(`${name}/begin`, first), integers(`${name}/end`, end), integers(`${name}/strides`, 1)], mask), integers(`${name}/axes`, 0),
  ], { keep_dims: { b: false } });
  const leading = isAcross ? '' : product('norm/Prod', 0, axis, { begin_mask: { i: '1' } });
  const taken = isStored || isAcross
    ? integers('norm/Reshape/shape', 1, isAcross ? 1 : -1, isAcross ? -1 : SIZE, 1)
    : node('norm/Reshape/shape', 'Pack', [integer('norm/one', 1), leading, product('norm/Prod_1', axis, 0, { end_mask: { i: '1' } }), integer('norm/last', 1)], { axis: { i: '0' }, N: { i: '4' } });
  const filled = (name: string, value: number): string => (isAcross
    ? constant(name, [1], [value])
    : node(name, 'Fill', [node(`${name}/packed`, 'ExpandDims', [leading, integer(`${name}/axis`, 0)]), constant(`${name}/Const`, [], [value])]));
  const none = constant('norm/none', [0], []);
  const fused = node('norm/FusedBatchNormV3', 'FusedBatchNormV3', [node('norm/Reshape', 'Reshape', [x, taken]), filled('norm/ones', filling), filled('norm/zeros', 0), none, none], {
    epsilon: { f: EPSILON }, data_format: { s: Buffer.from('NCHW').toString('base64') }, is_training: { b: true },
  });
  const plain = node('norm/Reshape_1', 'Reshape', [fused, isStored ? integers('norm/given', -1, 2, 2, SIZE) : lengths]);
  const scaled = scale ? node('norm/mul', 'Mul', [plain, constant('gamma', isScalar ? [] : shapeOf(form), factors(form))]) : plain;
  const normal = center ? node('norm/add', 'AddV2', [scaled, constant('beta', hasPositions ? [1, 2, 2, SIZE] : shapeOf(form), offsets(form))]) : scaled;
  const pooled = node('pool', 'Mean', [node('relu', 'Relu', [normal]), integers('axes', 1, 2)], { keep_dims: { b: false } });
  node('scores', 'MatMul', [pooled, constant('head', [SIZE, CLASSES], head)], { transpose_a: { b: false }, transpose_b: { b: false } });
  return bytes();
}

/** The logits of the same network, in double precision. */
function logitsOf(form: Form, x: readonly number[]): number[] {
  const [gamma, beta] = [factors(form), offsets(form)];
  const values = x.map(Math.tanh);
  const group = form.isAcross === true ? x.length : sizeOf(form);
  const logits = new Array<number>(SAMPLES * CLASSES).fill(0);
  for (let start = 0; start < x.length; start += group) {
    const own = values.slice(start, start + group);
    const mean = own.reduce((a, b) => a + b, 0) / group;
    const root = 1 / Math.sqrt(own.reduce((a, b) => a + (b - mean) ** 2, 0) / group + EPSILON);
    own.forEach((value, i) => {
      const at = start + i;
      const normal = (value - mean) * root * (form.filling ?? 1) * gamma[at % gamma.length]! + beta[at % beta.length]!;
      const sample = Math.floor(at / (PLACES * SIZE));
      for (let c = 0; c < CLASSES; c++) logits[sample * CLASSES + c]! += (Math.max(normal, 0) / PLACES) * head[(at % SIZE) * CLASSES + c]!;
    });
  }
  return logits;
}

const chosen = (logits: readonly number[]): number => targets.reduce((sum, target, sample) => sum + logits[sample * CLASSES + target]!, 0);

/** Central differences. */
function slopesOf(form: Form): number[] {
  const x = Array.from(input.data);
  const step = 1e-6;
  const moved = (i: number, by: number): number => chosen(logitsOf(form, x.map((value, j) => (i === j ? value + by : value))));
  return x.map((_, i) => (moved(i, step) - moved(i, -step)) / (2 * step));
}

function distance(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.hypot(...expected.map((value, i) => actual[i]! - value)) / Math.hypot(...expected);
}

async function expectRight(model: ModelAdapter, form: Form): Promise<void> {
  const { logits, gradients } = await model.evaluate({ input, gradient: { of: { kind: 'logit', targets }, at: [INPUT] } });
  expect(distance(logits.data, logitsOf(form, Array.from(input.data)))).toBeLessThan(2e-6);
  expect(distance(valueAt(gradients, INPUT).data, slopesOf(form))).toBeLessThan(5e-6);
}

const named = (model: ModelAdapter): readonly string[] => model.layers.filter(({ kind }) => kind === 'layer-norm').map(({ name }) => name);

describe.each(ENGINES)('layer normalisation as a batch normalisation between reshapings on %s', (engine) => {
  test.each<[string, Form, string]>([
    ['with scale and offset', {}, 'norm/add'], ['without scale', { scale: false }, 'norm/add'], ['without offset', { center: false }, 'norm/mul'],
    ['with neither', { scale: false, center: false }, 'norm/Reshape_1'], ['over all axes', { axis: 1 }, 'norm/add'], ['with stored shapes', { isStored: true }, 'norm/add'],
  ])('%s is one operation with the values, gradients and rules of the layer', async (_, form, name) => {
    const { tf } = await openEngine(engine);
    const { axis = 3, scale = true, center = true } = form;
    const own = axis === 1 ? [2, 2, SIZE] : [SIZE];
    const parameters = [...(scale ? [tf.tensor(factors(form), own)] : []), ...(center ? [tf.tensor(offsets(form), own)] : [])];
    const kernel = tf.tensor2d(head, [SIZE, CLASSES]);
    const live = tfl.sequential({
      layers: [
        tfl.layers.activation({ activation: 'tanh', inputShape: [2, 2, SIZE] }),
        tfl.layers.layerNormalization({ axis: axis === 1 ? [1, 2, 3] : -1, epsilon: EPSILON, scale, center, ...(parameters.length > 0 && { weights: parameters }) }),
        tfl.layers.reLU({}), tfl.layers.globalAveragePooling2d({}), tfl.layers.dense({ units: CLASSES, useBias: false, weights: [kernel] }),
      ],
    });
    const [graph, layers] = [await loadModel(graphOf(form), { engine }), await loadModel(live, { engine })] as [ModelAdapter, ModelAdapter];
    expect(named(graph)).toEqual([name]);
    await expectRight(graph, form);
    await expectSameAnswers(graph, layers, input, METHODS);
    await Promise.all([graph.dispose(), layers.dispose()]);
    disposeAll(live);
    tf.dispose([...parameters, kernel]);
  });

  test.each<[string, Form, string]>([
    ['Twos in place of ones', { filling: 2 }, 'norm/FusedBatchNormV3'], ['Statistics across samples', { isAcross: true }, 'norm/add'],
    ['An offset per place', { hasPositions: true }, 'norm/mul'], ['A factor for all channels', { isScalar: true }, 'norm/Reshape_1'],
  ])('%s: values and gradients are right where not all of it is a layer normalisation', async (_, form, name) => {
    const graph = (await loadModel(graphOf(form), { engine })) as ModelAdapter;
    expect(named(graph)).toEqual([name]);
    await expectRight(graph, form);
    await graph.dispose();
  });
});
