import { expect, test } from '@jest/globals';
import {
  ElementType, floatAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type AttributeProto, type TensorProto,
} from '@pellucid/onnx-graph';
import { differentiate } from '../src/index.ts';
import { run } from './session.ts';

/** The gradient of the sum of an operator's output, at given values. */
async function slopes(
  operator: string, opset: number, shape: readonly number[], data: readonly number[], attributes: readonly AttributeProto[] = [],
  constants: readonly TensorProto[] = [],
): Promise<readonly number[]> {
  const elementType = ElementType.FLOAT;
  const model = makeModel({
    name: operator, opset, producer: 'test', initializers: constants,
    nodes: [
      makeNode(operator, ['x', ...constants.map(({ name }) => name)], ['y'], attributes),
      makeNode('ReduceSum', ['y'], ['sum']),
    ],
    inputs: [makeValueInfo('x', { elementType, shape })], outputs: [makeValueInfo('sum', { elementType, shape: null })],
  });
  const { model: extended, cotangent } = differentiate(model, { of: 'sum', at: ['x'] });
  const one = { shape: shape.map(() => 1), data: Float64Array.of(1) };
  const result = await run(extended, new Map([['x', { shape, data: Float64Array.from(data) }], [cotangent, one]]), ['x/gradient']);
  return [...result.get('x/gradient')?.data ?? []];
}

const bound = (name: string, value: number): TensorProto => makeTensor(name, ElementType.FLOAT, [], [value]);

test.each([7, 13, 22])('at 0, ReLU has slope 0, LeakyReLU its slope and |x| 0, as in PyTorch (opset %i)', async (opset) => {
  expect(await slopes('Relu', opset, [3], [-1, 0, 1])).toEqual([0, 0, 1]);
  expect(await slopes('LeakyRelu', opset, [3], [-1, 0, 1], [floatAttribute('alpha', 0.25)])).toEqual([0.25, 0.25, 1]);
  expect(await slopes('Abs', opset, [3], [-1, 0, 1])).toEqual([-1, 0, 1]);
});

test('Clip passes the gradient at its bounds', async () => {
  const x = [-1, 0, 3, 6, 7];
  expect(await slopes('Clip', 7, [5], x, [floatAttribute('min', 0), floatAttribute('max', 6)])).toEqual([0, 1, 1, 1, 0]);
  expect(await slopes('Clip', 13, [5], x, [], [bound('low', 0), bound('high', 6)])).toEqual([0, 1, 1, 1, 0]);
});

const window = (kernel: number, stride: number, pad = 0): AttributeProto[] =>
  [intsAttribute('kernel_shape', [kernel, kernel]), intsAttribute('strides', [stride, stride]), intsAttribute('pads', [pad, pad, pad, pad])];

test.each([7, 10, 17, 22])('of equal maxima the first in row-major order takes all (opset %i)', async (opset) => {
  expect(await slopes('MaxPool', opset, [1, 1, 2, 4], [0, 5, 0, 0, 5, 5, 0, 0], window(2, 2))).toEqual([0, 1, 1, 0, 0, 0, 0, 0]);
  // Overlapping windows at columns 0 and 1: both find their first maximum in the middle column.
  expect(await slopes('MaxPool', opset, [1, 1, 2, 3], [1, 2, 2, 2, 2, 0], window(2, 1))).toEqual([0, 2, 0, 0, 0, 0]);
});

test('padding never wins a maximum', async () => {
  expect(await slopes('MaxPool', 17, [1, 1, 2, 2], [-9, -9, -9, -9], window(3, 1, 1))).toEqual([4, 0, 0, 0]);
  expect(await slopes('MaxPool', 8, [1, 1, 2, 2], [-9, -9, -9, -9], window(3, 1, 1))).toEqual([4, 0, 0, 0]);
});

test('the first of equal maxima of a whole channel takes all', async () => {
  expect(await slopes('GlobalMaxPool', 17, [1, 2, 1, 3], [1, 4, 4, 7, 7, 7])).toEqual([0, 1, 0, 1, 0, 0]);
});

const { INT64 } = ElementType;
const axes = makeTensor('axes', INT64, [1], [0]);

test.each([7, 13])('equal extrema of a reduction share equally, as PyTorch\'s amax and amin (opset %i)', async (opset) => {
  const attributes = [intsAttribute('axes', [0])];
  expect(await slopes('ReduceMax', opset, [4], [3, 1, 3, 3], attributes)).toEqual([1 / 3, 0, 1 / 3, 1 / 3].map(Math.fround));
  expect(await slopes('ReduceMin', opset, [4], [3, 1, 1, 3], attributes)).toEqual([0, 0.5, 0.5, 0]);
});

test('equal operands of Max and Min share equally, as PyTorch\'s maximum and minimum', async () => {
  const other = makeTensor('other', ElementType.FLOAT, [3], [1, 2, 3]);
  expect(await slopes('Max', 13, [3], [2, 2, 2], [], [other])).toEqual([1, 0.5, 0]);
  expect(await slopes('Min', 13, [3], [2, 2, 2], [], [other])).toEqual([0, 0.5, 1]);
});

test('norms have slope 0 at 0', async () => {
  expect(await slopes('ReduceL2', 18, [2], [0, 0], [], [axes])).toEqual([0, 0]);
  expect(await slopes('ReduceL1', 18, [3], [0, -2, 1], [], [axes])).toEqual([0, -1, 1]);
  expect(await slopes('LpNormalization', 17, [2], [0, 0])).toEqual([0, 0]);
  expect(await slopes('GlobalLpPool', 17, [1, 1, 2], [0, 0])).toEqual([0, 0]);
});

test('a product gives every factor the product of the others, zeros or not', async () => {
  expect(await slopes('ReduceProd', 18, [3], [2, 3, 4], [], [axes])).toEqual([12, 8, 6]);
  expect(await slopes('ReduceProd', 18, [3], [2, 0, 4], [], [axes])).toEqual([0, 8, 0]);
  expect(await slopes('ReduceProd', 18, [3], [0, 0, 4], [], [axes])).toEqual([0, 0, 0]);
});

test('activations with a threshold have PyTorch\'s slopes at it', async () => {
  expect(await slopes('ThresholdedRelu', 17, [3], [0.5, 1, 1.5], [floatAttribute('alpha', 1)])).toEqual([0, 0, 1]);
  expect(await slopes('Shrink', 17, [5], [-1, -0.5, 0, 0.5, 1], [floatAttribute('lambd', 0.5), floatAttribute('bias', 0.5)])).toEqual([1, 0, 0, 0, 1]);
  expect(await slopes('HardSigmoid', 17, [3], [-2, 0, 2], [floatAttribute('alpha', 0.25), floatAttribute('beta', 0.5)])).toEqual([0, 0.25, 0]);
  expect(await slopes('HardSwish', 17, [4], [-4, -3, 3, 4])).toEqual([0, 0, 1, 1]);
  expect(await slopes('PRelu', 17, [3], [-1, 0, 1], [], [makeTensor('slope', ElementType.FLOAT, [1], [0.25])])).toEqual([0.25, 0.25, 1]);
});

test('a part of a Split that nobody reads gets zeros, also where it is infinite', async () => {
  const elementType = ElementType.FLOAT;
  const model = makeModel({
    name: 'split', opset: 17, producer: 'test', initializers: [],
    nodes: [makeNode('Split', ['x'], ['a', 'b']), makeNode('Mul', ['a', 'a'], ['y'])],
    inputs: [makeValueInfo('x', { elementType, shape: [2] })], outputs: [makeValueInfo('y', { elementType, shape: [1] })],
  });
  const { model: extended, cotangent } = differentiate(model, { of: 'y', at: ['x'] });
  const x = { shape: [2], data: Float64Array.of(3, Infinity) };
  const result = await run(extended, new Map([['x', x], [cotangent, { shape: [1], data: Float64Array.of(1) }]]), ['x/gradient']);
  expect([...result.get('x/gradient')?.data ?? []]).toEqual([6, 0]);
});

test('a ReLU6, which is a Clip behind weights, has slope 0 at both bounds, as in PyTorch', async () => {
  const elementType = ElementType.FLOAT;
  const shape = [1, 1, 1, 5];
  const model = makeModel({
    name: 'relu6', opset: 17, producer: 'test', initializers: [makeTensor('w', elementType, [1, 1, 1, 1], [1]), bound('low', 0), bound('high', 6)],
    nodes: [makeNode('Conv', ['x', 'w'], ['c']), makeNode('Clip', ['c', 'low', 'high'], ['y'])],
    inputs: [makeValueInfo('x', { elementType, shape })], outputs: [makeValueInfo('y', { elementType, shape })],
  });
  const { model: extended, cotangent } = differentiate(model, { of: 'y', at: ['x'] });
  const ones = { shape, data: new Float64Array(5).fill(1) };
  const result = await run(extended, new Map([['x', { shape, data: Float64Array.of(-1, 0, 3, 6, 7) }], [cotangent, ones]]), ['x/gradient']);
  expect([...result.get('x/gradient')?.data ?? []]).toEqual([0, 0, 1, 0, 0]);
});
