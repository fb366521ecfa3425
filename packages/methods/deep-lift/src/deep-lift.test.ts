import { expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, sliceBatch, tensor, type Explanation, type Tensor } from '@pellucid/core';
import {
  ElementType, floatAttribute, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, stringAttribute, writeModel, type NodeProto,
  type TensorProto,
} from '@pellucid/onnx-graph';
import { deepLift, type DeepLiftOptions } from './deep-lift.ts';

const { FLOAT } = ElementType;
const CONSTANTS = { 'half': 0.5, 'one': 1, 'root-half': Math.SQRT1_2, 'two': 2 };

/** Explains a small network from x to y. */
async function explained(
  nodes: readonly NodeProto[], input: Tensor, baseline: Tensor, options: Partial<DeepLiftOptions> = {}, target = 0, stored: readonly TensorProto[] = [], opset = 20,
): Promise<Explanation> {
  const network = makeModel({
    name: 'net', opset, producer: 'test', nodes: nodes.map((node) => ({ ...node, domain: '' })),
    initializers: [...Object.entries(CONSTANTS).map(([name, value]) => makeTensor(name, FLOAT, [], [value])), ...stored],
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', ...input.shape.slice(1)] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: null })],
  });
  // The makers above know the standard operators alone.
  network.graph.node.forEach((node, i) => { node.domain = nodes[i]!.domain; });
  const [standard] = network.proto.opsetImport;
  if (standard) network.proto.opsetImport.push({ ...standard, domain: 'com.microsoft', version: 1n });
  const model = await loadModel(writeModel(network), { logits: 'y' });
  const explanation = await explain(model, deepLift({ baseline, ...options }), { input, targets: target });
  await model.dispose();
  return explanation;
}

const expectClose = (values: Tensor, expected: readonly number[], digits = 6): void => {
  expect(values.data).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(values.data[i]).toBeCloseTo(value, digits));
};

const erf = (z: number): number => {
  // Its series, exact to double precision for the small arguments here.
  let [sum, term] = [z, z];
  for (let n = 1; n < 60; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};
const gelu = (x: number): number => (x * (1 + erf(x * Math.SQRT1_2))) / 2;
const swish = (x: number): number => x / (1 + Math.exp(-x));

/** The mean of all values, so that every value has its own change to explain. */
const activation = (nodes: readonly NodeProto[]): readonly NodeProto[] => [...nodes, makeNode('GlobalAveragePool', ['a'], ['y'])];

test.each<[string, readonly NodeProto[], (x: number) => number]>([
  ['ReLU', [makeNode('Relu', ['x'], ['a'])], (x) => Math.max(x, 0)],
  ['ReLU6, written as a clip', [makeNode('Clip', ['x', 'half', 'two'], ['a'])], (x) => Math.min(Math.max(x, 0.5), 2)],
  ['leaky ReLU', [makeNode('LeakyRelu', ['x'], ['a'], [floatAttribute('alpha', 0.25)])], (x) => (x > 0 ? x : x / 4)],
  ['GELU in one node', [makeNode('Gelu', ['x'], ['a'])], gelu],
  ['GELU in five nodes', [
    makeNode('Mul', ['x', 'root-half'], ['s']), makeNode('Erf', ['s'], ['e']), makeNode('Add', ['e', 'one'], ['p']), makeNode('Mul', ['x', 'p'], ['q']),
    makeNode('Mul', ['q', 'half'], ['a']),
  ], gelu],
  ['SiLU', [makeNode('Sigmoid', ['x'], ['s']), makeNode('Mul', ['x', 's'], ['a'])], swish],
  ['a quotient', [makeNode('Exp', ['x'], ['e']), makeNode('Add', ['e', 'one'], ['d']), makeNode('Div', ['x', 'd'], ['a'])], (x) => x / (1 + Math.exp(x))],
])('%s: every value gets the change that it causes', async (_, nodes, f) => {
  const x = [1.5, -0.5, 3, 0.25, -2, 1e-4];
  const x0 = [-1, 0.5, 1, 0.25, -1, 0];
  const { values, provenance } = await explained(activation(nodes), tensor([1, 1, 6, 1], x), tensor([1, 6, 1], x0));
  expect(provenance.uncovered).toEqual([]);
  expectClose(values, x.map((value, i) => (f(value) - f(x0[i]!)) / x.length));
});

test.each([
  ['up, the maximum moves', [1, 3], [2, 0], [0, 1]],
  ['down, the maximum moves', [1, 0], [0, 4], [0, -3]],
  ['up at one place', [5, 1], [2, 1], [3, 0]],
  ['no change of the maximum, which moves', [3, 0], [0, 3], [0, 0]],
])('a max-pool splits its change at the greater maximum: %s', async (_, x, x0, expected) => {
  const pool = makeNode('MaxPool', ['x'], ['y'], [intsAttribute('kernel_shape', [2, 1])]);
  const { values } = await explained([pool], tensor([1, 1, 2, 1], x), tensor([1, 2, 1], x0));
  expectClose(values, expected);
});

test('an inner softmax loses the mean over the scores of its own sample, whoever else is in the batch', async () => {
  const input = tensor([2, 3], [1, 2, 3, 30, -20, 4]);
  const baseline = tensor([3], [0.5, 0, -1]);
  const { values } = await explained([makeNode('Softmax', ['x'], ['y'])], input, baseline, { multiplyByInputs: false }, 1);
  const softmax = (z: readonly number[]): number[] => z.map((value) => Math.exp(value) / z.reduce((sum, other) => sum + Math.exp(other), 0));
  const multiplier = (softmax([1, 2, 3])[1]! - softmax([0.5, 0, -1])[1]!) / 2;
  expectClose(sliceBatch(values, 0, 1), [-multiplier / 3, (2 * multiplier) / 3, -multiplier / 3]);
  const alone = await explained([makeNode('Softmax', ['x'], ['y'])], sliceBatch(input, 0, 1), baseline, { multiplyByInputs: false }, 1);
  expect(alone.values.data).toEqual(sliceBatch(values, 0, 1).data);
});

test('one pass over the pairs is all that a logit costs', async () => {
  const { provenance } = await explained([makeNode('Relu', ['x'], ['y'])], tensor([2, 3], [1, 2, 3, 4, 5, 6]), tensor([3], [0, 0, 0]));
  expect(provenance.passes).toEqual({ forward: 4, backward: 4 });
});

const wave = (count: number, phase: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(2.7 * i + phase) * 1.5);
const parameter = (name: string, shape: readonly number[], phase: number): TensorProto =>
  makeTensor(name, FLOAT, shape, wave(shape.reduce((product, length) => product * length, 1), phase));
const PARAMETERS = [parameter('channels', [4], 1), parameter('shift', [4], 2), parameter('last', [6], 3), parameter('lastShift', [6], 4), parameter('weights', [96, 2], 5),
  parameter('kernel', [4, 4, 1, 1], 6), parameter('gates', [1, 24, 6], 7), parameter('recurrent', [1, 24, 6], 8)];
const microsoft = (...parts: Parameters<typeof makeNode>): NodeProto => ({ ...makeNode(...parts), domain: 'com.microsoft' });

/** Networks from x [n, 4, 4, 6] to a of the same size. */
test.each<[string, number, readonly NodeProto[]]>([
  ['LayerNormalization', 17, [makeNode('LayerNormalization', ['x', 'last', 'lastShift'], ['a'])]],
  ['RMSNormalization', 23, [makeNode('RMSNormalization', ['x', 'last'], ['a'])]],
  ['InstanceNormalization', 17, [makeNode('InstanceNormalization', ['x', 'channels', 'shift'], ['a'])]],
  ['GroupNormalization', 21, [makeNode('GroupNormalization', ['x', 'channels', 'shift'], ['a'], [intAttribute('num_groups', 2)])]],
  ['MeanVarianceNormalization', 17, [makeNode('MeanVarianceNormalization', ['x'], ['a'], [intsAttribute('axes', [2, 3])])]],
  ['LpNormalization', 17, [makeNode('LpNormalization', ['x'], ['a'])]],
  ['LRN', 17, [makeNode('LRN', ['x'], ['a'], [intAttribute('size', 3), floatAttribute('alpha', 0.9)])]],
  ['a norm', 17, [makeNode('ReduceL2', ['x'], ['r'], [intsAttribute('axes', [3])]), makeNode('Mul', ['x', 'r'], ['a'])]],
  ['a maximum', 17, [makeNode('ReduceMax', ['x'], ['r'], [intsAttribute('axes', [2, 3])]), makeNode('Mul', ['x', 'r'], ['a'])]],
  ['FusedConv', 17, [microsoft('FusedConv', ['x', 'kernel', 'shift'], ['a'], [stringAttribute('activation', 'Relu')])]],
  ['BiasGelu', 17, [microsoft('BiasGelu', ['x', 'last'], ['a'])]],
  ['LSTM', 17, [
    makeNode('Reshape', ['x', 'rows'], ['t']), makeNode('Transpose', ['t'], ['s'], [intsAttribute('perm', [1, 0, 2])]),
    makeNode('LSTM', ['s', 'gates', 'recurrent'], ['l'], [intAttribute('hidden_size', 6)]), makeNode('Transpose', ['l'], ['a'], [intsAttribute('perm', [2, 0, 1, 3])]),
  ]],
  ['SkipLayerNormalization', 17, [makeNode('Reshape', ['x', 'rows'], ['t']), makeNode('Tanh', ['t'], ['s']), microsoft('SkipLayerNormalization', ['t', 's', 'last', 'lastShift'], ['a'])]],
])('%s: contributions add up to the change of the score', async (_, opset, nodes) => {
  const head = [makeNode('Flatten', ['a'], ['f']), makeNode('MatMul', ['f', 'weights'], ['y'])];
  const rows = makeTensor('rows', ElementType.INT64, [3], [0, 16, 6]);
  const input = tensor([2, 4, 4, 6], wave(192, 0.5));
  const { values, provenance } = await explained([...nodes, ...head], input, tensor([4, 4, 6], wave(96, 0.9).map((value) => value / 3)), {}, 1, [...PARAMETERS, rows], opset);
  expect(provenance.uncovered).toEqual([]);
  provenance.convergenceDelta?.forEach((delta, sample) => {
    const size = sliceBatch(values, sample, sample + 1).data.reduce((sum, part) => sum + Math.abs(part), 0);
    expect(size).toBeGreaterThan(1);
    // Single precision, and quotients that end at changes of 1e-3.
    expect(Math.abs(delta)).toBeLessThan(1e-4 * size);
  });
});
