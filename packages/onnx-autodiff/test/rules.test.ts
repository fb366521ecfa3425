import { expect, test } from '@jest/globals';
import {
  ElementType, floatAttribute, int64Tensor, intAttribute as int, intsAttribute as ints, makeTensor, stringAttribute, type AttributeProto,
  type Dimension,
} from '@pellucid/onnx-graph';
import { flat, RULES } from '../src/index.ts';
import { QUANTIZATION } from '../src/rules/quantization.ts';
import { REFUSALS } from '../src/rules/refusals.ts';
import { compositions } from './cases/compositions.ts';
import { mathematics } from './cases/mathematics.ts';
import { selections } from './cases/selections.ts';
import { sampling } from './cases/sampling.ts';
import { windows } from './cases/windows.ts';
import { caseTitle } from './case-title.ts';
import { gradientError, weights, type RuleCase } from './check-rule.ts';
import { distinct, offZero, positive, scalar } from './cases/draws.ts';

const X: RuleCase['inputs'] = { x: ['n', 3, 4] };

interface Unary {
  readonly operator: string;
  readonly first?: number;
  readonly attributes?: readonly AttributeProto[];
  readonly values?: (draw: number, index: number) => number;
  /** ONNX Runtime 1.30 has no double kernel on the CPU for the operator, or for one that its gradient needs. */
  readonly single?: boolean;
}

const UNARY: readonly Unary[] = [
  { operator: 'Abs', values: offZero },
  { operator: 'Celu', first: 12, attributes: [floatAttribute('alpha', 0.7)], values: offZero, single: true },
  { operator: 'Dropout' },
  { operator: 'Elu', attributes: [floatAttribute('alpha', 0.7)], values: offZero, single: true },
  { operator: 'Erf', first: 9, single: true },
  { operator: 'Exp' },
  { operator: 'Gelu', first: 20, single: true },
  { operator: 'Gelu', first: 20, attributes: [stringAttribute('approximate', 'tanh')] },
  { operator: 'HardSigmoid', attributes: [floatAttribute('alpha', 0.3), floatAttribute('beta', 0.4)], values: (_, i) => (i % 7) * 0.9 - 2.6, single: true },
  { operator: 'HardSwish', first: 14, values: offZero, single: true },
  { operator: 'Identity' },
  { operator: 'LeakyRelu', attributes: [floatAttribute('alpha', 0.3)], values: offZero, single: true },
  { operator: 'Log', values: positive },
  { operator: 'LogSoftmax' },
  { operator: 'LogSoftmax', attributes: [int('axis', 2)] },
  { operator: 'Mish', first: 18, single: true },
  { operator: 'Neg' },
  { operator: 'Reciprocal', values: positive },
  { operator: 'Relu', values: offZero },
  { operator: 'Selu', values: offZero, single: true },
  { operator: 'Sigmoid' },
  { operator: 'Softmax' },
  { operator: 'Softmax', attributes: [int('axis', 1)] },
  { operator: 'Softmax', attributes: [int('axis', -1)] },
  { operator: 'Softplus', single: true },
  { operator: 'Softsign', values: offZero, single: true },
  { operator: 'Sqrt', values: positive },
  { operator: 'Tanh' },
];

const elementwise = UNARY.flatMap(({ operator, first = 7, attributes = [], values = (draw) => draw, single = false }) =>
  [...new Set([first, Math.max(first, 13), Math.max(first, 21)])].map((opset): RuleCase => ({ operator, opset, inputs: X, attributes, values, single })));

/** Shapes that broadcast against each other, each way round. */
const PAIRS: readonly (readonly [readonly Dimension[], readonly Dimension[]])[] = [
  [['n', 3, 4], ['n', 3, 4]], [['n', 3, 4], [4]], [[3, 1], ['n', 3, 4]], [['n', 1, 4], ['n', 3, 1]], [['n', 3, 4], []], [[1, 1, 1], ['n', 3, 4]],
];
const binary = ['Add', 'Sub', 'Mul', 'Div'].flatMap((operator) => [7, 17].flatMap((opset) =>
  PAIRS.map(([a, b]): RuleCase => ({ operator, opset, inputs: { a, b }, values: positive }))));

const others: readonly RuleCase[] = [
  { operator: 'Sum', opset: 8, inputs: { a: ['n', 3, 4], b: ['n', 3, 4], c: ['n', 3, 4] } },
  { operator: 'Sum', inputs: { a: ['n', 3, 4], b: [4], c: ['n', 1, 1] } },
  ...[2, 3, 0.5, -1].map((n): RuleCase => ({ operator: 'Pow', inputs: X, constants: [scalar('exponent', n)], values: positive })),
  { operator: 'Where', inputs: { a: ['n', 3, 4], b: [4] }, constants: [makeTensor('c', ElementType.BOOL, [3, 1], [1, 0, 1])], order: ['c', 'a', 'b'] },
  { operator: 'PRelu', inputs: X, constants: [weights('slope', [3, 1], true)], values: offZero, single: true },
  { operator: 'Clip', opset: 7, inputs: X, attributes: [floatAttribute('min', -0.8), floatAttribute('max', 1.1)], single: true, linear: true, values: (_, i) => (i % 7) / 2 - 1.6 },
  { operator: 'Clip', opset: 13, inputs: X, constants: [scalar('low', -0.8), scalar('high', 1.1)], values: (_, i) => (i % 7) / 2 - 1.6 },
  { operator: 'Clip', opset: 13, inputs: X, constants: [scalar('high', 1.1)], order: ['x', '', 'high'], values: (_, i) => (i % 7) / 2 - 1.6 },
  { operator: 'BatchNormalization', inputs: { x: ['n', 3, 4, 2] }, constants: ['scale', 'bias', 'mean'].map((name) => weights(name, [3])).concat(makeTensor('var', ElementType.DOUBLE, [3], [0.5, 1, 2])) },
  { operator: 'LayerNormalization', inputs: X, constants: [weights('scale', [4]), weights('bias', [4])] },
  { operator: 'LayerNormalization', inputs: X, constants: [weights('scale', [3, 4])], attributes: [int('axis', 1)] },
  { operator: 'BatchNormalization', opset: 7, inputs: { x: ['n', 3, 4, 2] }, constants: ['scale', 'bias', 'mean'].map((name) => weights(name, [3])).concat(makeTensor('var', ElementType.DOUBLE, [3], [0.5, 1, 2])) },
];

const dropouts: readonly RuleCase[] = [
  { operator: 'Dropout', opset: 10, inputs: X, attributes: [floatAttribute('ratio', 0.3)], unread: 1 }, { operator: 'Dropout', opset: 13, inputs: X, constants: [scalar('ratio', 0.3)], unread: 1 },
  { operator: 'Dropout', opset: 22, inputs: X, constants: [scalar('ratio', 0.3), makeTensor('training', ElementType.BOOL, [], [0])] },
];

const dense: readonly RuleCase[] = [
  ...[0, 1].flatMap((transA) => [0, 1].flatMap((transB) => [7, 13].map((opset): RuleCase => ({
    operator: 'Gemm', opset, inputs: { a: transA ? [3, 'n'] : ['n', 3], b: transB ? [4, 3] : [3, 4], c: opset === 7 ? ['n', 1] : [4] },
    attributes: [int('transA', transA), int('transB', transB), floatAttribute('alpha', 0.75), floatAttribute('beta', 1.5)],
  })))),
  { operator: 'Gemm', opset: 13, inputs: { a: ['n', 3], b: [3, 4] } },
  ...([[['n', 3], [3, 4]], [['n', 5, 3], [3, 4]], [['n', 5, 3], ['n', 3, 4]], [['n', 1, 5, 3], [2, 3, 4]], [[3], ['n', 3, 4]], [['n', 5, 3], [3]], [[3], [3]]] as const)
    .map(([a, b]): RuleCase => ({ operator: 'MatMul', inputs: { a, b } })),
];

const convolution = (x: readonly Dimension[], w: readonly number[], opset: number, ...attributes: AttributeProto[]): RuleCase =>
  ({ operator: 'Conv', opset, inputs: { x }, constants: [weights('w', w, true), weights('b', w.slice(0, 1), true)], attributes, single: true, linear: true });
const IMAGE: readonly Dimension[] = ['n', 4, 9, 8];

const convolutions: readonly RuleCase[] = [
  convolution(IMAGE, [6, 4, 3, 3], 7), convolution(IMAGE, [6, 4, 3, 2], 13, ints('pads', [1, 0, 2, 1])),
  convolution(IMAGE, [6, 4, 3, 3], 17, ints('strides', [2, 2])), convolution(IMAGE, [6, 4, 3, 3], 22, ints('strides', [2, 3]), ints('pads', [1, 1, 1, 1])),
  convolution(IMAGE, [6, 4, 2, 2], 17, ints('dilations', [2, 3])), convolution(IMAGE, [6, 4, 2, 2], 17, ints('dilations', [3, 2]), ints('strides', [2, 2])),
  convolution(IMAGE, [6, 2, 3, 3], 17, int('group', 2), ints('pads', [1, 1, 1, 1])), convolution(IMAGE, [8, 1, 3, 3], 17, int('group', 4)),
  convolution(IMAGE, [4, 1, 3, 3], 17, int('group', 4), ints('strides', [2, 2])), convolution(IMAGE, [6, 4, 1, 1], 17, ints('pads', [1, 1, 1, 1])),
  convolution(IMAGE, [6, 4, 1, 1], 17, ints('strides', [3, 3])),
  ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].flatMap((mode) => [1, 2].map((stride) =>
    convolution(IMAGE, [6, 4, 4, 3], 17, stringAttribute('auto_pad', mode), ints('strides', [stride, stride])))),
  convolution(['n', 3, 10], [5, 3, 3], 17, ints('pads', [1, 2])), convolution(['n', 3, 10], [5, 3, 3], 17, ints('strides', [3])),
  convolution(['n', 2, 4, 5, 6], [3, 2, 2, 3, 2], 17, ints('pads', [0, 1, 1, 0, 1, 1])), convolution(['n', 2, 4, 5, 6], [3, 2, 2, 3, 2], 17, ints('strides', [1, 2, 2])),
];

const kernel = (...lengths: number[]): AttributeProto => ints('kernel_shape', lengths);
const maxPools: readonly RuleCase[] = ([
  [7, kernel(2, 2), ints('strides', [2, 2])], [7, kernel(3, 3), ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1])], [7, kernel(3, 2)],
  [10, kernel(3, 3), ints('strides', [2, 2]), int('ceil_mode', 1)], [12, kernel(2, 3), ints('dilations', [2, 2])],
  [17, kernel(2, 2), ints('strides', [2, 2])], [17, kernel(2, 3), ints('strides', [3, 3])], [17, kernel(2, 2), ints('strides', [2, 2]), int('ceil_mode', 1)],
  [22, kernel(3, 3), ints('strides', [1, 1]), stringAttribute('auto_pad', 'SAME_UPPER')], [17, kernel(3, 3), ints('strides', [2, 2]), stringAttribute('auto_pad', 'SAME_LOWER')],
] as const).map(([opset, ...attributes]) => ({ operator: 'MaxPool', opset, inputs: { x: IMAGE }, attributes, single: true, linear: true, values: distinct }));
const averagePools: readonly RuleCase[] = ([
  [7, kernel(2, 2), ints('strides', [2, 2])], [7, kernel(3, 3), ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1])],
  [7, kernel(3, 3), ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1]), int('count_include_pad', 1)], [11, kernel(2, 2), ints('strides', [2, 2]), int('ceil_mode', 1)],
  [19, kernel(3, 3), ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1]), int('ceil_mode', 1)],
  [19, kernel(3, 3), ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1]), int('ceil_mode', 1), int('count_include_pad', 1)],
  [19, kernel(2, 2), ints('dilations', [2, 3])], [17, kernel(3, 3), stringAttribute('auto_pad', 'SAME_UPPER'), ints('strides', [2, 2])], [17, kernel(2, 3)],
] as const).map(([opset, ...attributes]) => ({ operator: 'AveragePool', opset, inputs: { x: IMAGE }, attributes, single: true, linear: true }));
const otherPools: readonly RuleCase[] = [
  { operator: 'MaxPool', inputs: { x: ['n', 3, 10] }, attributes: [kernel(3), ints('strides', [2])], single: true, linear: true, values: distinct },
  { operator: 'MaxPool', inputs: { x: ['n', 2, 4, 5, 6] }, attributes: [kernel(2, 2, 2), ints('strides', [2, 2, 2])], single: true, linear: true, values: distinct },
  { operator: 'AveragePool', inputs: { x: ['n', 3, 10] }, attributes: [kernel(3), ints('strides', [2])], single: true, linear: true },
  { operator: 'AveragePool', inputs: { x: ['n', 2, 4, 5, 6] }, attributes: [kernel(2, 2, 2), ints('strides', [2, 2, 1])], single: true, linear: true },
  ...[7, 8, 17].map((opset): RuleCase => ({ operator: 'GlobalAveragePool', opset, inputs: { x: IMAGE }, single: true, linear: true })),
  { operator: 'GlobalMaxPool', opset: 9, inputs: { x: IMAGE }, single: true, linear: true, values: distinct },
];

const list = int64Tensor;
const LINEAR: Partial<RuleCase> = { linear: true };
const rearrangements: readonly RuleCase[] = [
  { operator: 'Flatten', inputs: X }, { operator: 'Flatten', inputs: X, attributes: [int('axis', 2)] }, { operator: 'Flatten', inputs: X, attributes: [int('axis', 0)] },
  ...[[0, 12], [-1, 12], [-1, 2, 6], [0, 0, 2, 2], [24]].map((target): RuleCase => ({ operator: 'Reshape', inputs: X, constants: [list('target', target)] })),
  { operator: 'Transpose', inputs: X }, { operator: 'Transpose', inputs: X, attributes: [ints('perm', [1, 2, 0])] },
  { operator: 'Concat', inputs: { a: ['n', 3, 4], b: ['n', 2, 4] }, attributes: [int('axis', 1)] }, { operator: 'Concat', opset: 7, inputs: { a: ['n', 3, 4], b: ['n', 3, 1] }, attributes: [int('axis', -1)] },
  { operator: 'Concat', inputs: { a: ['n', 3], b: ['n', 3] }, attributes: [int('axis', 0)] },
  { operator: 'Split', opset: 7, inputs: { x: ['n', 4, 3] }, attributes: [int('axis', 1), ints('split', [1, 3])], outputs: 2 },
  { operator: 'Split', opset: 13, inputs: { x: ['n', 4, 3] }, constants: [list('lengths', [1, 3])], attributes: [int('axis', 1)], outputs: 2 },
  { operator: 'Split', opset: 18, inputs: { x: ['n', 5, 3] }, attributes: [int('axis', 1), int('num_outputs', 2)], outputs: 2 },
  { operator: 'Slice', opset: 7, inputs: X, attributes: [ints('starts', [1, 0]), ints('ends', [3, -1]), ints('axes', [1, 2])] },
  ...([[[1], [3], [1], [1]], [[-2], [99], [2], [1]], [[3], [-9], [2], [-1]], [[0], [4], [2], [2]], [[3], [-9], [2], [-2]], [[0, 1], [2 ** 31, 3], [0, 1], [1, 1]]] as const)
    .map(([starts, ends, axes, steps]): RuleCase => ({ operator: 'Slice', inputs: X, constants: [list('starts', starts), list('ends', ends), list('axes', axes), list('steps', steps)] })),
  { operator: 'Squeeze', opset: 11, inputs: { x: ['n', 1, 3, 1] }, attributes: [ints('axes', [1, 3])] }, { operator: 'Squeeze', inputs: { x: ['n', 1, 3, 1] }, constants: [list('axes', [-1])] },
  { operator: 'Unsqueeze', opset: 11, inputs: X, attributes: [ints('axes', [0, 3])] }, { operator: 'Unsqueeze', inputs: X, constants: [list('axes', [1, -1])] },
  { operator: 'Gather', inputs: X, constants: [makeTensor('i', ElementType.INT64, [], [1])], attributes: [int('axis', 1)] },
  { operator: 'Gather', inputs: X, constants: [list('i', [2, 0, 2, -1])], attributes: [int('axis', 1)] }, { operator: 'Gather', inputs: X, constants: [list('i', [3, 0])], attributes: [int('axis', 2)] },
  { operator: 'Pad', opset: 7, inputs: X, attributes: [ints('pads', [0, 1, 2, 0, 3, 0])] }, { operator: 'Pad', inputs: X, constants: [list('pads', [0, 1, 2, 0, 3, 0])] },
  { operator: 'Pad', inputs: X, constants: [list('pads', [0, -1, 2, 0, 1, -1])] }, { operator: 'Pad', opset: 19, inputs: X, constants: [list('pads', [1, 2]), list('axes', [-1])], order: ['x', 'pads', '', 'axes'] },
  { operator: 'Expand', inputs: { x: [3, 1] }, constants: [list('shape', [2, 3, 4])] },
  { operator: 'CastLike', inputs: X, constants: [scalar('like', 1)] },
  { operator: 'Cast', inputs: X, attributes: [int('to', ElementType.DOUBLE)] },
].map((item): RuleCase => ({ ...LINEAR, ...item }));

const reductions: readonly RuleCase[] = ['ReduceMean', 'ReduceSum'].flatMap((operator): RuleCase[] => {
  const since = operator === 'ReduceSum' ? 13 : 18;
  return [[1], [1, 2], [0], [-1], [0, 2]].flatMap((axes): RuleCase[] => [0, 1].flatMap((keep): RuleCase[] => [
    { operator, opset: since - 2, inputs: X, attributes: [ints('axes', axes), int('keepdims', keep)], linear: true },
    { operator, opset: since, inputs: X, constants: [list('axes', axes)], attributes: [int('keepdims', keep)], linear: true },
  ])).concat([
    { operator, opset: since, inputs: X, linear: true }, { operator, opset: since, inputs: X, attributes: [int('noop_with_empty_axes', 1)], linear: true },
  ]);
});

const CASES = [
  ...elementwise, ...binary, ...others, ...dropouts, ...dense, ...convolutions, ...maxPools, ...averagePools, ...otherPools, ...rearrangements, ...reductions,
  ...mathematics, ...selections, ...windows, ...compositions, ...sampling,
];

const NAMED = CASES.map((item, i): [string, RuleCase] => [`${caseTitle(item)} (${i})`, item]);
test.each(NAMED)('the gradient of %s is the slope of the function', async (_, item) => {
  // Central differences: in double precision rounding leaves about 1e-10; in single precision a step of 1e-2 leaves about 1e-5, and for
  // operators that are linear between kinks a long step leaves the rounding alone.
  // The runtime's recurrent kernels approximate sigmoid and tanh by rational functions, to about 1e-6: over steps of a hundredth, 1e-4.
  const tolerance = item.approximated === true ? 1e-3 : item.single === true ? 2e-5 : 1e-8;
  expect(await gradientError(item)).toBeLessThan(tolerance);
});

test('every rule that passes a gradient is checked here', () => {
  const checked = new Set(CASES.map(({ operator, domain }) => (domain === undefined ? operator : `${domain}.${operator}`)));
  // The straight-through rule is no slope: it has tests of its own.
  const passing = RULES.filter((entry) => entry.rule !== flat && !REFUSALS.includes(entry) && !QUANTIZATION.includes(entry)).map(({ operator }) => operator);
  expect(passing.filter((operator) => !checked.has(operator))).toEqual([]);
});
