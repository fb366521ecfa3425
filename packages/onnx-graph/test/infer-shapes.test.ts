import { expect, test } from '@jest/globals';
import {
  divideDimensions, ElementType, inferShapes, int64Tensor, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, multiplyDimensions,
  stringAttribute, type Dimension, type NodeProto, type TensorProto,
} from '../src/index.ts';

const { FLOAT, INT64 } = ElementType;

function shapes(nodes: readonly NodeProto[], shape: readonly Dimension[], initializers: readonly TensorProto[] = []): (name: string) => unknown {
  const last = nodes.at(-1)?.output[0] ?? '';
  const types = inferShapes(makeModel({
    name: 'shapes', opset: 17, producer: 'test', nodes, initializers, inputs: [makeValueInfo('x', { elementType: FLOAT, shape })],
    outputs: [makeValueInfo(last, { elementType: 0, shape: null })],
  }));
  return (name) => types.get(name)?.shape;
}

test('follows the chain that exporters write to flatten with a free batch axis', () => {
  const scalar = makeTensor('zero', INT64, [], [0]);
  const nodes = [
    makeNode('Shape', ['x'], ['s']), makeNode('Gather', ['s', 'zero'], ['n'], [intAttribute('axis', 0)]), makeNode('Unsqueeze', ['n', 'axes'], ['n1']),
    makeNode('Concat', ['n1', 'rest'], ['target'], [intAttribute('axis', 0)]), makeNode('Reshape', ['x', 'target'], ['y']),
  ];
  expect(shapes(nodes, ['batch', 3, 4, 5], [scalar, int64Tensor('axes', [0]), int64Tensor('rest', [-1])])('y')).toEqual(['batch', 60]);
});

test('multiplies and divides free lengths', () => {
  expect(multiplyDimensions(['batch', 4, 2])).toBe('8*batch');
  expect(divideDimensions('8*batch', 4)).toBe('2*batch');
  expect(divideDimensions('8*batch', 'batch')).toBe(8);
  expect(divideDimensions('batch', 2)).toBeNull();
  const nodes = [makeNode('Reshape', ['x', 'windows'], ['w']), makeNode('Reshape', ['w', 'back'], ['y'])];
  const at = shapes(nodes, ['batch', 8, 8, 16], [int64Tensor('windows', [-1, 4, 4, 16]), int64Tensor('back', [-1, 8, 8, 16])]);
  expect([at('w'), at('y')]).toEqual([['4*batch', 4, 4, 16], ['batch', 8, 8, 16]]);
});

test.each([
  ['NOTSET', 1, [7, 5]], ['SAME_UPPER', 2, [5, 4]], ['SAME_LOWER', 2, [5, 4]], ['VALID', 2, [4, 3]],
])('gives the windows of a convolution with auto_pad %s and stride %i', (mode, stride, spatial) => {
  const conv = makeNode('Conv', ['x', 'w'], ['y'], [stringAttribute('auto_pad', mode), intsAttribute('strides', [stride, stride])]);
  expect(shapes([conv], ['n', 2, 9, 7], [makeTensor('w', FLOAT, [5, 2, 3, 3], new Float32Array(90))])('y')).toEqual(['n', 5, ...spatial]);
});

test('leaves out a pooling window that would start behind the input', () => {
  const pool = makeNode('MaxPool', ['x'], ['y'], [
    intsAttribute('kernel_shape', [2]), intsAttribute('strides', [3]), intAttribute('ceil_mode', 1), intsAttribute('pads', [0, 1]),
  ]);
  expect(shapes([pool], ['n', 2, 5])('y')).toEqual(['n', 2, 2]);
});

test('an unknown operator has an unknown shape, and nothing after it is guessed', () => {
  const at = shapes([makeNode('Unheard', ['x'], ['u']), makeNode('Relu', ['u'], ['v']), makeNode('Shape', ['v'], ['s'])], ['n', 2]);
  expect([at('u'), at('v'), at('s')]).toEqual([null, null, [null]]);
});

test('operators on integers have the shapes of those on floats, and the type of their zero point', () => {
  const weights = ['w', 'v'].map((name, i) => makeTensor(name, FLOAT, i === 0 ? [5, 2, 3, 3] : [125, 6], new Float32Array(i === 0 ? 90 : 750)));
  const types = inferShapes(makeModel({
    name: 'integers', opset: 17, producer: 'test', initializers: [...weights, makeTensor('s', FLOAT, [], [1]), makeTensor('zero', ElementType.INT32, [], [0])],
    nodes: [
      makeNode('Cast', ['zero'], ['z'], [intAttribute('to', ElementType.INT8)]), makeNode('DynamicQuantizeLinear', ['x'], ['q', 'qs', 'qz']),
      makeNode('ConvInteger', ['q', 'w'], ['c']), makeNode('QLinearConv', ['q', 's', 'z', 'w', 's', 'z', 's', 'z'], ['d']),
      makeNode('Flatten', ['d'], ['f']), makeNode('QLinearMatMul', ['f', 's', 'z', 'v', 's', 'z', 's', 'z'], ['m']), makeNode('MatMulInteger', ['m', 'u'], ['y']),
    ],
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 2, 7, 7] }), makeValueInfo('u', { elementType: ElementType.INT8, shape: [6, 4] })],
    outputs: [makeValueInfo('y', { elementType: 0, shape: null })],
  }));
  expect(['q', 'qs', 'qz', 'c', 'd', 'm', 'y'].map((name) => types.get(name))).toMatchObject([
    { elementType: ElementType.UINT8, shape: ['n', 2, 7, 7] }, { elementType: FLOAT, shape: [] }, { elementType: ElementType.UINT8, shape: [] },
    { elementType: ElementType.INT32, shape: ['n', 5, 5, 5] }, { elementType: ElementType.INT8, shape: ['n', 5, 5, 5] },
    { elementType: ElementType.INT8, shape: ['n', 6] }, { elementType: ElementType.INT32, shape: ['n', 4] },
  ]);
});
