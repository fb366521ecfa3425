import { expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, sliceBatch, tensor, type Explanation, type Tensor } from '@pellucid/core';
import {
  ElementType, floatAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type NodeProto,
} from '@pellucid/onnx-graph';
import { deepLift, type DeepLiftOptions } from './deep-lift.ts';

const { FLOAT } = ElementType;
const CONSTANTS = { 'half': 0.5, 'one': 1, 'root-half': Math.SQRT1_2, 'two': 2 };

/** Explains a small network from x to y. */
async function explained(nodes: readonly NodeProto[], input: Tensor, baseline: Tensor, options: Partial<DeepLiftOptions> = {}, target = 0): Promise<Explanation> {
  const model = await loadModel(writeModel(makeModel({
    name: 'net', opset: 20, producer: 'test', nodes,
    initializers: Object.entries(CONSTANTS).map(([name, value]) => makeTensor(name, FLOAT, [], [value])),
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', ...input.shape.slice(1)] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: null })],
  })), { logits: 'y' });
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
