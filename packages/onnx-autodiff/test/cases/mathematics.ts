import { floatAttribute, int64Tensor, intAttribute as int, intsAttribute as ints, type Dimension } from '@pellucid/onnx-graph';
import type { RuleCase } from '../check-rule.ts';
import { distinct, offZero, positive, scalar } from './draws.ts';

const X: RuleCase['inputs'] = { x: ['n', 3, 4] };
const inside = (draw: number): number => Math.tanh(draw) * 0.5;
const above = (draw: number): number => Math.abs(draw) + 1.2;

type Values = NonNullable<RuleCase['values']>;
const trigonometric = ([
  ['Sin'], ['Cos'], ['Tan', inside], ['Asin', inside], ['Acos', inside], ['Atan'], ['Sinh', undefined, 9], ['Cosh', undefined, 9], ['Asinh', undefined, 9],
  ['Acosh', above, 9], ['Atanh', inside, 9],
] as readonly (readonly [string, (Values | undefined)?, number?])[]).flatMap(([operator, values = (draw) => draw, first = 7]) =>
  [first, 22].map((opset): RuleCase => ({ operator, opset, inputs: X, values, single: !['Sin', 'Cos'].includes(operator) })));

const activations: readonly RuleCase[] = [
  { operator: 'ThresholdedRelu', inputs: X, attributes: [floatAttribute('alpha', 0.1)], values: (draw) => offZero(draw) + 0.1, single: true, linear: true },
  ...[[0.5, 0], [0.3, 0.2]].map(([lambd = 0, bias = 0]): RuleCase => ({
    operator: 'Shrink', inputs: X, attributes: [floatAttribute('lambd', lambd), floatAttribute('bias', bias)], values: (_, i) => (i % 3) * 1.2 - 1.3, single: true, linear: true,
  })),
  ...[1, 1.5].map((alpha): RuleCase => ({ operator: 'Swish', opset: 24, inputs: X, attributes: [floatAttribute('alpha', alpha)], single: true })),
  { operator: 'PRelu', inputs: { x: ['n', 3, 4], slope: [3, 1] }, values: offZero, single: true },
];

const PAIRS: readonly (readonly [readonly Dimension[], readonly Dimension[]])[] = [[['n', 3, 4], ['n', 3, 4]], [['n', 3, 4], [4]], [[3, 1], ['n', 3, 4]], [['n', 3, 4], []]];
const pairs: readonly RuleCase[] = [
  ...['Max', 'Min'].flatMap((operator) => [8, 13].flatMap((opset) => PAIRS.map(([a, b]): RuleCase =>
    ({ operator, opset, inputs: { a, b }, values: (draw, i) => draw + distinct(draw, i) / 50 })))),
  { operator: 'Max', inputs: { a: ['n', 3, 4], b: [3, 1], c: [4] } }, { operator: 'Min', inputs: { a: [3] } },
  { operator: 'Mean', inputs: { a: ['n', 3, 4], b: [4], c: [3, 1] }, single: true, linear: true }, { operator: 'Mean', inputs: X, single: true, linear: true },
  ...PAIRS.map(([a, b]): RuleCase => ({ operator: 'Pow', inputs: { a, b }, values: positive })),
  ...PAIRS.slice(0, 2).map(([a, b]): RuleCase => ({
    operator: 'Mod', inputs: { a, b }, attributes: [int('fmod', 1)], values: (draw) => 2 * offZero(draw),
  })),
  { operator: 'Pow', inputs: X, constants: [scalar('exponent', 1)] },
];

const REDUCTIONS: readonly (readonly [string, (Values | undefined)?, boolean?])[] = [
  ['ReduceMax', distinct], ['ReduceMin', distinct], ['ReduceL1', offZero, true], ['ReduceL2', undefined, true], ['ReduceLogSum', positive, true],
  ['ReduceLogSumExp'], ['ReduceSumSquare'], ['ReduceProd', (draw) => 1 + 0.2 * Math.tanh(draw)],
];
const reductions = REDUCTIONS.flatMap(([operator, values = (draw) => draw, single = false]): RuleCase[] => [[1], [-1, 0], [0, 1, 2]].flatMap((axes) => [0, 1].flatMap((keep): RuleCase[] => [
  { operator, opset: keep === 1 ? 11 : 13, inputs: X, attributes: [ints('axes', axes), int('keepdims', keep)], values, single },
  { operator, opset: 18, inputs: X, constants: [int64Tensor('axes', axes)], attributes: [int('keepdims', keep)], values, single },
])).concat([
  { operator, opset: 18, inputs: X, values, single },
]));

const cumulative = [0, 1].flatMap((exclusive) => [0, 1].map((reverse): RuleCase => ({
  operator: 'CumSum', inputs: X, constants: [int64Tensor('axis', [1])], attributes: [int('exclusive', exclusive), int('reverse', reverse)], linear: true,
})));

/** Elementary functions, reductions and extrema. */
export const mathematics: readonly RuleCase[] = [...trigonometric, ...activations, ...pairs, ...reductions, ...cumulative];
