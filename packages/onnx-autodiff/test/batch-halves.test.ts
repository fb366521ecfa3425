import { deepLiftRules, randomStream } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import { ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type OnnxModel, type TensorProto } from '@pellucid/onnx-graph';
import { differentiate, OPTIMIZATIONS, type Optimization } from '../src/index.ts';
import { run, type Values } from './session.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

function draws(name: string, shape: readonly number[], scale = 1): Values {
  const stream = randomStream(5, name);
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(scale * stream.normal())) };
}

/** Convolutions, plain, depthwise and with strides, a skip, a ReLU6, a curved activation, a pool, and dense layers. */
function network(): OnnxModel {
  const weights = (name: string, shape: readonly number[], scale: number): TensorProto => makeTensor(name, ElementType.FLOAT, shape, draws(name, shape, scale).data);
  const same = [intsAttribute('pads', [1, 1, 1, 1])];
  return makeModel({
    name: 'network', opset: 17, producer: 'test',
    initializers: [
      weights('w1', [16, 3, 3, 3], 0.4), weights('b1', [16], 0.2), weights('w2', [16, 16, 3, 3], 0.3), weights('b2', [16], 2), weights('w3', [16, 1, 3, 3], 0.5),
      weights('w4', [64, 5], 0.3), weights('b4', [5], 0.1), weights('w5', [5, 3], 0.5), makeTensor('low', ElementType.FLOAT, [], [0]), makeTensor('high', ElementType.FLOAT, [], [6]),
    ],
    nodes: [
      makeNode('Conv', ['x', 'w1', 'b1'], ['conv1'], same), makeNode('Relu', ['conv1'], ['relu1']),
      makeNode('Conv', ['relu1', 'w2', 'b2'], ['conv2'], same), makeNode('Clip', ['conv2', 'low', 'high'], ['clip2']),
      makeNode('Conv', ['clip2', 'w3'], ['conv3'], [...same, intAttribute('group', 16), intsAttribute('strides', [2, 2])]), makeNode('Sigmoid', ['conv3'], ['curve3']),
      makeNode('Conv', ['curve3', 'w3'], ['conv4'], [...same, intAttribute('group', 16)]), makeNode('Add', ['conv4', 'curve3'], ['sum']), makeNode('Relu', ['sum'], ['relu4']),
      makeNode('MaxPool', ['relu4'], ['pool'], [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 2])]), makeNode('Flatten', ['pool'], ['flat']),
      makeNode('Gemm', ['flat', 'w4', 'b4'], ['dense']), makeNode('LeakyRelu', ['dense'], ['leaky']), makeNode('MatMul', ['leaky', 'w5'], ['y']),
    ],
    inputs: [makeValueInfo('x', { elementType: ElementType.FLOAT, shape: ['n', 3, 8, 8] })], outputs: [makeValueInfo('y', { elementType: ElementType.FLOAT, shape: ['n', 3] })],
  });
}

/** DeepLIFT's multipliers of two pairs; the second baseline has rows of its sample, so that there nothing changes. */
async function multipliers(optimizations: readonly Optimization[]): Promise<{ readonly values: Float64Array; readonly operators: readonly string[] }> {
  const x = draws('x', [4, 3, 8, 8]);
  const start = draws('dy', [2, 3]).data;
  x.data.copyWithin(3 * 192, 192, 192 + 128);
  const { model, cotangent } = differentiate(network(), { of: 'y', at: ['x'], rules: deepLiftRules, optimizations });
  const answer = await run(model, new Map([['x', x], [cotangent, { shape: [4, 3], data: Float64Array.of(...start, ...start) }]]), ['x/gradient']);
  return { values: answer.get('x/gradient')?.data ?? new Float64Array(0), operators: model.graph.node.map(({ opType }) => opType) };
}

test('what samples and baselines share is passed back once, and changes multipliers by no more than rounding', async () => {
  const [plain, halved] = [await multipliers([]), await multipliers(['batch-halves'])];
  const largest = plain.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(halved.values).toHaveLength(plain.values.length);
  expect(largest).toBeGreaterThan(0.1);
  halved.values.forEach((value, i) => { expect(Math.abs(value - plain.values[i]!)).toBeLessThan(1e-6 * largest); });
  const joined = ({ operators }: typeof plain): number => operators.filter((operator) => operator === 'Concat' || operator === 'Split').length;
  expect(joined(halved)).toBeLessThan(joined(plain) / 1.5);
});

test('with all other optimisations too', async () => {
  const [plain, fast] = [await multipliers([]), await multipliers(OPTIMIZATIONS)];
  const largest = plain.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  fast.values.forEach((value, i) => { expect(Math.abs(value - plain.values[i]!)).toBeLessThan(1e-6 * largest); });
});

test('leaves no node that leads nowhere', () => {
  const { model } = differentiate(network(), { of: 'y', at: ['x'], rules: deepLiftRules });
  const read = new Set([...model.graph.node.flatMap(({ input }) => input), ...model.graph.output.map(({ name }) => name)]);
  for (const { output } of model.graph.node) expect(output.some((name) => read.has(name))).toBe(true);
});
