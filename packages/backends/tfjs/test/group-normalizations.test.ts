import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel as loadOnnx } from '@pellucid/backend-onnxruntime';
import { convertLayout, explain, INPUT, tensor, type Method, type ModelAdapter } from '@pellucid/core';
import { deepLift } from '@pellucid/method-deep-lift';
import { excitationBackprop } from '@pellucid/method-excitation-backprop';
import { lrp } from '@pellucid/method-lrp';
import { ElementType, floatAttribute, int64Tensor, intAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel } from '@pellucid/onnx-graph';
import { normalValues, relativeDifference } from '@pellucid/testkit';

import { loadModel, type ModelSource } from '../src/index.ts';
import { valueAt } from '../src/model/value-at.ts';
import { ENGINES } from './engines.ts';
import { storedGraph } from './stored-graph.ts';

const METHODS: readonly (readonly [string, Method])[] = [
  ['LRP epsilon', lrp({ composite: 'epsilon', epsilon: 1e-2 })], ['LRP epsilon-plus', lrp({ composite: 'epsilon-plus', epsilon: 1e-2 })],
  ['LRP alpha-beta', lrp({ rule: 'alpha-beta', epsilon: 1e-2 })], ['DeepLIFT', deepLift()], ['excitation backprop', excitationBackprop()],
];

const [SIZE, CLASSES] = [6, 3];
const EPSILON = 0.01;
const drawn = (name: string, size: number): Float32Array => Float32Array.from(normalValues(7, name, size), (value) => value * 0.6);
const gamma = drawn('gamma', SIZE).map((value) => 1 + value);
const beta = drawn('beta', SIZE);
const head = drawn('head', SIZE * CLASSES);
const input = tensor([2, 2, 2, SIZE], Float32Array.from(normalValues(3, 'input', 8 * SIZE)));
const targets = [0, 2];

/** tanh(x), normalised in groups, rectified, averaged over places and multiplied by weights. */
function onnxOf(groups: number): Uint8Array {
  const info = (name: string, shape: (string | number)[]): ReturnType<typeof makeValueInfo> => makeValueInfo(name, { elementType: ElementType.FLOAT, shape });
  return writeModel(makeModel({
    name: 'groups', opset: 21, producer: 'test',
    nodes: [
      makeNode('Tanh', ['x'], ['t']), makeNode('GroupNormalization', ['t', 'gamma', 'beta'], ['n'], [floatAttribute('epsilon', EPSILON), intAttribute('num_groups', groups)]),
      makeNode('Relu', ['n'], ['r']), makeNode('ReduceMean', ['r', 'axes'], ['p'], [intAttribute('keepdims', 0)]), makeNode('MatMul', ['p', 'head'], ['y']),
    ],
    initializers: [
      makeTensor('gamma', ElementType.FLOAT, [SIZE], gamma), makeTensor('beta', ElementType.FLOAT, [SIZE], beta), makeTensor('head', ElementType.FLOAT, [SIZE, CLASSES], head),
      int64Tensor('axes', [2, 3]),
    ],
    inputs: [info('x', ['batch', SIZE, 2, 2])], outputs: [info('y', ['batch', CLASSES])],
  }));
}

/** The same as Keras 2 writes it, with means weighted by ones where a mask would be, or as plain means; with masks of another value, it is no group normalisation. */
function graphOf(groups: number, form: 'weighted' | 'plain' | 'masked'): ModelSource {
  const { input: placeholder, constant, node, bytes } = storedGraph();
  const integers = (name: string, ...numbers: number[]): string => constant(name, [numbers.length], numbers, 'int32');
  const parts = [groups, SIZE / groups];
  const keep = { keep_dims: { b: true } };
  const t = node('tanh', 'Tanh', [placeholder('x', [-1, 2, 2, SIZE])]);
  const shape = integers('norm/stack', -1, 2, 2, ...parts);
  const x = node('norm/Reshape', 'Reshape', [t, shape]);
  const axes = integers('norm/axes', 1, 2, 4);
  const weights = form === 'plain' ? '' : node('norm/Reshape_1', 'Reshape', [form === 'masked' ? node('norm/mask', 'Sigmoid', [t]) : node('norm/ones_like', 'OnesLike', [t]), shape]);
  const count = form === 'plain' ? '' : node('norm/sum_of_weights', 'Sum', [node('norm/add', 'AddV2', [weights, node('norm/zeros_like', 'ZerosLike', [x])]), axes], keep);
  const meanOf = (name: string, of: string): string => (form === 'plain'
    ? node(name, 'Mean', [of, axes], keep)
    : node(name, 'DivNoNan', [node(`${name}/sum`, 'Sum', [node(`${name}/weighted`, 'Mul', [weights, of]), axes], keep), count]));
  const mean = meanOf('norm/mean', x);
  const variance = meanOf('norm/variance', node('norm/SquaredDifference', 'SquaredDifference', [x, mean]));
  const parameter = (name: string, numbers: Float32Array): string => node(`norm/${name}`, 'Reshape', [constant(name, [SIZE], numbers), integers(`norm/${name}/shape`, 1, 1, 1, ...parts)]);
  const root = node('norm/batchnorm/Rsqrt', 'Rsqrt', [node('norm/batchnorm/add', 'AddV2', [variance, constant('epsilon', [], [EPSILON])])]);
  const factor = node('norm/batchnorm/mul', 'Mul', [root, parameter('gamma', gamma)]);
  const shift = node('norm/batchnorm/sub', 'Sub', [parameter('beta', beta), node('norm/batchnorm/mul_2', 'Mul', [mean, factor])]);
  const normal = node('norm/batchnorm/add_1', 'AddV2', [node('norm/batchnorm/mul_1', 'Mul', [x, factor]), shift]);
  const whole = node('whole', 'Reshape', [node('relu', 'Relu', [normal]), integers('whole/shape', -1, 2, 2, SIZE)]);
  const pooled = node('pool', 'Mean', [whole, integers('axes', 1, 2)], { keep_dims: { b: false } });
  node('scores', 'MatMul', [pooled, constant('head', [SIZE, CLASSES], head)], { transpose_a: { b: false }, transpose_b: { b: false } });
  return bytes();
}

const named = (model: ModelAdapter): readonly string[] => model.layers.filter(({ kind }) => kind === 'layer-norm').map(({ name }) => name);

describe.each(ENGINES.flatMap((engine) => [1, 2, SIZE].map((groups) => [engine, groups] as const)))('group normalisation of a graph on %s, %d groups', (engine, groups) => {
  let onnx: ModelAdapter;
  beforeAll(async () => { onnx = (await loadOnnx(onnxOf(groups))) as ModelAdapter; });
  afterAll(() => onnx.dispose());

  test.each(['weighted', 'plain'] as const)('has the values, gradients and rules of ONNX, with %s means', async (form) => {
    const graph = (await loadModel(graphOf(groups, form), { engine })) as ModelAdapter;
    expect(named(graph)).toEqual(['norm/batchnorm/add_1']);
    const gradient = { of: { kind: 'logit', targets }, at: [INPUT] } as const;
    const there = convertLayout(input, 'NHWC', 'NCHW');
    const [here, expected] = [await graph.evaluate({ input, gradient }), await onnx.evaluate({ input: there, gradient })];
    expect(relativeDifference(here.logits, expected.logits)).toBeLessThan(1e-6);
    expect(relativeDifference(valueAt(here.gradients, INPUT), convertLayout(valueAt(expected.gradients, INPUT), 'NCHW', 'NHWC'))).toBeLessThan(1e-5);
    for (const [, method] of METHODS) {
      const [map, other] = [await explain(graph, method, { input, targets }), await explain(onnx, method, { input: there, targets })];
      expect(relativeDifference(map.values, convertLayout(other.values, 'NCHW', 'NHWC'))).toBeLessThan(1e-4);
    }
    await graph.dispose();
  });
});

test('means weighted by something else than ones stay arithmetic', async () => {
  const graph = (await loadModel(graphOf(2, 'masked'), { engine: ENGINES[0]! })) as ModelAdapter;
  expect(named(graph)).toEqual([]);
  await graph.dispose();
});
