import { expect, test } from '@jest/globals';
import {
  ElementType, floatAttribute, int64Tensor, intAttribute as int, intsAttribute as ints, makeModel, makeNode, makeTensor, makeValueInfo, stringAttribute as text,
  type AttributeProto, type Dimension, type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { differentiate } from '../src/index.ts';
import { open } from './session.ts';

const { DOUBLE, FLOAT } = ElementType;
const stored = (name: string, ...shape: number[]): TensorProto => makeTensor(name, FLOAT, shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1));
const W = stored('w', 3, 4);

interface Misfit {
  readonly operator: string;
  /** Of the input. */
  readonly x: readonly Dimension[];
  readonly more?: readonly TensorProto[];
  readonly attributes?: readonly AttributeProto[];
  readonly opset?: number;
  /** Names of the outputs. */
  readonly outputs?: readonly string[];
  readonly message: RegExp;
}

const MISFITS: readonly Misfit[] = [
  ...['Add', 'Div', 'Max', 'Min', 'Mean', 'Mul', 'Pow', 'Sub', 'Sum'].map((operator): Misfit => ({ operator, x: ['n', 2], more: [W], message: /cannot combine the shapes \[\?, 2\] and \[3, 4\]/ })),
  { operator: 'MatMul', x: ['n', 2], more: [W], message: /cannot combine the shapes \[\?, 2\] and \[3, 4\]/ },
  { operator: 'Gemm', x: ['n', 2], more: [W], attributes: [int('transB', 1)], message: /\[\?, 2\] and \[3, 4\]/ },
  { operator: 'Gemm', x: ['n', 3], more: [W, stored('c', 5)], message: /\[\?, 4\] and \[5\]/ },
  { operator: 'PRelu', x: ['n', 2], more: [stored('slope', 3)], message: /\[\?, 2\] and \[3\]/ },
  { operator: 'Concat', x: ['n', 2, 5], more: [stored('c', 1, 3, 4)], attributes: [int('axis', 1)], message: /cannot join the shapes \[\?, 2, 5\] and \[1, 3, 4\] along axis 1/ },
  { operator: 'Concat', x: ['n', 2], more: [stored('c', 1, 2, 1)], attributes: [int('axis', 1)], message: /cannot join/ },
  { operator: 'Conv', x: ['n', 2, 8, 8], more: [stored('k', 4, 3, 3, 3)], message: /\[\?, 2, 8, 8\] and \[4, 3, 3, 3\]/ },
  { operator: 'Conv', x: ['n', 3, 8], more: [stored('k', 4, 3, 3, 3)], message: /\[\?, 3, 8\] and/ },
  { operator: 'Conv', x: ['n', 3, 8, 8], more: [stored('k', 4, 3, 3, 3), stored('b', 5)], message: /cannot add the bias \[5\] to 4 channels/ },
  { operator: 'Conv', x: ['n', 3, 8, 8], more: [stored('k', 4, 3, 3, 3)], attributes: [ints('kernel_shape', [2, 3])], message: /windows \[2, 3\] and weights/ },
  { operator: 'ConvTranspose', x: ['n', 2, 8, 8], more: [stored('k', 3, 4, 3, 3)], message: /\[\?, 2, 8, 8\] and \[3, 4, 3, 3\]/ },
  { operator: 'Reshape', x: [2, 6], more: [int64Tensor('shape', [5, -1])], message: /cannot give the shape \[5, -1\] to 12 elements/ },
  { operator: 'Reshape', x: [2, 6], more: [int64Tensor('shape', [0, 5])], message: /\[0, 5\] to 12 elements/ },
  { operator: 'Transpose', x: ['n', 2, 3], attributes: [ints('perm', [0, 2])], message: /cannot permute the axes of \[\?, 2, 3\] by \[0, 2\]/ },
  { operator: 'Squeeze', x: ['n', 2], more: [int64Tensor('axes', [1])], message: /cannot drop axis 1/ },
  { operator: 'Split', x: ['n', 5], more: [int64Tensor('lengths', [2, 2])], attributes: [int('axis', 1)], outputs: ['z', 'other'], message: /cannot cut \[\?, 5\] into parts of 2, 2/ },
  { operator: 'Gather', x: ['n', 3], more: [int64Tensor('i', [3])], attributes: [int('axis', 1)], message: /reads position 3 of 3/ },
  { operator: 'Softmax', x: ['n', 3], attributes: [int('axis', 2)], message: /has no axis 2 in \[\?, 3\]/ },
  { operator: 'ReduceSum', x: ['n', 3], more: [int64Tensor('axes', [2])], message: /has no axis 2/ },
  { operator: 'Expand', x: ['n', 3], more: [int64Tensor('shape', [2, 4])], message: /\[\?, 3\] and \[2, 4\]/ },
  { operator: 'Tile', x: ['n', 3], more: [int64Tensor('repeats', [1, 2, 1])], message: /3 numbers for the axes/ },
  { operator: 'Pad', x: ['n', 3], more: [int64Tensor('pads', [0, 1, 1])], message: /3 numbers for the axes/ },
  { operator: 'BatchNormalization', x: ['n', 3, 4], more: ['s', 'b', 'm', 'v'].map((name) => stored(name, 4)), message: /\[\?, 3, 4\] and \[4\]/ },
  { operator: 'LayerNormalization', x: ['n', 3, 4], more: [stored('s', 3)], message: /\[\?, 3, 4\] and \[3\]/ },
  { operator: 'MaxPool', x: ['n', 3, 4], attributes: [ints('kernel_shape', [2, 2])], message: /has windows \[2, 2\] for \[\?, 3, 4\]/ },
  { operator: 'DepthToSpace', x: ['n', 6, 2, 2], attributes: [int('blocksize', 2)], message: /into blocks of 2/ },
  { operator: 'SpaceToDepth', x: ['n', 6, 3, 2], attributes: [int('blocksize', 2)], message: /into blocks of 2/ },
  { operator: 'Einsum', x: ['n', 2], more: [W], attributes: [text('equation', 'ij,jk->ik')], message: /\[\?, 2\] and \[3, 4\]/ },
];

function build({ operator, x, more = [], attributes = [], opset = 17, outputs = ['z'] }: Misfit, elementType: number): OnnxModel {
  const info = (name: string, shape: readonly Dimension[] | null): ReturnType<typeof makeValueInfo> => makeValueInfo(name, { elementType, shape });
  return makeModel({
    name: 'wrong', opset, producer: 'test', nodes: [makeNode(operator, ['x', ...more.map(({ name }) => name)], outputs, attributes)], initializers: more,
    inputs: [info('x', x)], outputs: [info('z', null)],
  });
}

const CASES = MISFITS.map((item, i): [string, Misfit] => [`${item.operator} (${i})`, item]);

test.each(CASES)('%s with lengths that do not fit is refused by the name of the node', (_, item) => {
  const message = expect.stringMatching(new RegExp(`node \`z\` \\(${item.operator}\\).*${item.message.source}`));
  expect(() => differentiate(build(item, FLOAT), { of: 'z', at: ['x'] })).toThrow(expect.objectContaining({ code: 'MODEL_INVALID', message }));
});

/** No run can prove a refusal wrong: the runtime fails too, when it loads the model or when it runs it. */
test.each(CASES)('%s of that kind runs nowhere', async (_, item) => {
  const shape = item.x.map((length) => (typeof length === 'number' ? length : 2));
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(1);
  const attempt = async (): Promise<unknown> => {
    const opened = await open(build(item, FLOAT));
    return opened.run(new Map([['x', { shape, data }]])).finally(opened.close);
  };
  await expect(attempt()).rejects.toThrow();
});

test('free axes prove nothing', () => {
  const free: Misfit = { operator: 'Mul', x: ['n', 'k'], more: [W], message: /./ };
  expect(() => differentiate(build(free, FLOAT), { of: 'z', at: ['x'] })).not.toThrow();
  const doubles: Misfit = { operator: 'LeakyRelu', x: ['n', 'k'], attributes: [floatAttribute('alpha', 0.1)], message: /./ };
  expect(() => differentiate(build(doubles, DOUBLE), { of: 'z', at: ['x'] })).not.toThrow();
});
