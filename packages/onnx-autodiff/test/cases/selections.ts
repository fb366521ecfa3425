import { ElementType, int64Tensor as list, intAttribute as int, makeTensor, stringAttribute as text, intsAttribute as ints, type TensorProto } from '@pellucid/onnx-graph';
import type { RuleCase } from '../check-rule.ts';
import { distinct, scalar } from './draws.ts';

const X: RuleCase['inputs'] = { x: ['n', 3, 4] };
const FREE: RuleCase['inputs'] = { x: ['n', 'h', 'w'] };
const table = (name: string, shape: readonly number[], values: readonly number[]): TensorProto => makeTensor(name, ElementType.INT64, shape, values);
const flags = (name: string, values: readonly number[]): TensorProto => makeTensor(name, ElementType.BOOL, [values.length], values);

/** Once with what the file stores, once with the same given to each run. */
const bothWays = (item: RuleCase, names = (item.constants ?? []).map(({ name }) => name)): RuleCase[] => [item, { ...item, atRuntime: names }];

const slices = ([[[1], [3], [1], [1]], [[-2], [99], [2], [1]], [[3], [-9], [2], [-1]], [[0, 1], [99, 3], [0, 1], [1, 1]], [[3], [-9], [2], [-2]]] as const).flatMap(([starts, ends, axes, steps]) => [
  { operator: 'Slice', inputs: X, constants: [list('starts', starts), list('ends', ends), list('axes', axes), list('steps', steps)], atRuntime: ['starts', 'ends'] },
  { operator: 'Slice', opset: 11, inputs: X, constants: [list('starts', starts), list('ends', ends), list('axes', axes), list('steps', steps)], atRuntime: ['starts', 'steps'] },
]).concat([
  { operator: 'Slice', inputs: { x: [3, 4] }, constants: [list('starts', [1]), list('ends', [1]), list('axes', [0])], atRuntime: [] },
  { operator: 'Slice', inputs: { x: ['n', 3] }, constants: [list('starts', [1]), list('ends', [2]), list('axes', [0])], atRuntime: [] },
  { operator: 'Slice', inputs: { x: ['n', 3] }, constants: [list('starts', [1]), list('ends', [2 ** 31]), list('axes', [0])], atRuntime: [] },
]);

const gathers: readonly RuleCase[] = [
  ...[0, 1, 2].flatMap((axis) => [[1], [2, 2], [3]].flatMap((shape) => {
    const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 2 === 0 ? 1 : -2));
    return bothWays({ operator: 'Gather', inputs: X, constants: [table('i', shape, values)], attributes: [int('axis', axis)] });
  })),
  { operator: 'Gather', inputs: X, constants: [table('i', [], [-1])], attributes: [int('axis', 1)], atRuntime: ['i'] },
  { operator: 'Gather', opset: 11, inputs: X, constants: [table('i', [2, 2], [0, 2, 2, -1])], attributes: [int('axis', 1)], atRuntime: ['i'] },
  { operator: 'Gather', inputs: { x: ['n', 5] }, constants: [makeTensor('i', ElementType.INT32, [2], [0, -1])], attributes: [int('axis', 1)] },
  ...[11, 13, 16, 18].flatMap((opset) => bothWays({ operator: 'GatherND', opset, inputs: { x: [2, 3, 4] }, constants: [table('i', [3, 2], [0, 1, 1, -1, 0, 1])] })),
  { operator: 'GatherND', inputs: { x: [2, 3] }, constants: [table('i', [2, 2, 2], [0, 1, 1, 2, 0, 1, 1, 1])] },
  ...[13, 18].flatMap((opset) => bothWays({ operator: 'GatherND', opset, inputs: { x: [2, 3, 4] }, constants: [table('i', [2, 2, 1], [0, 2, -1, 1])], attributes: [int('batch_dims', 1)] })),
  { operator: 'GatherND', inputs: { x: [2, 3, 4] }, constants: [table('i', [2, 3, 1], [0, 3, 1, -1, 1, 2])], attributes: [int('batch_dims', 2)] },
  { operator: 'GatherND', inputs: { x: [4, 3] }, constants: [table('i', [2, 1], [3, 0])] },
  { operator: 'GatherND', inputs: { x: [4, 'n'] }, constants: [table('i', [3, 1], [3, 0, -1])] },
  ...[13, 18].flatMap((opset): RuleCase[] => [
    ...bothWays({ operator: 'GatherND', opset, inputs: FREE, constants: [table('i', [3, 2], [0, 1, 1, -1, 0, 1])] }),
    { operator: 'GatherND', opset, inputs: FREE, constants: [table('i', [2, 2, 1], [0, 2, -1, 1])], attributes: [int('batch_dims', 1)], atRuntime: ['i'] },
    { operator: 'GatherND', opset, inputs: FREE, constants: [table('i', [2, 3, 1], [0, 3, 1, -1, 1, 2])], attributes: [int('batch_dims', 2)], atRuntime: ['i'] },
  ]),
  ...[11, 13, 16, 18].flatMap((opset) => [0, 1, 2].map((axis): RuleCase =>
    ({ operator: 'GatherElements', opset, inputs: { x: [2, 3, 4] }, constants: [table('i', [2, 2, 3], [0, 1, 1, 0, -1, 0, 1, 1, 0, 0, 0, 1])], attributes: [int('axis', axis)] }))),
  { operator: 'GatherElements', inputs: X, constants: [table('i', [2, 3, 1], [0, 1, -1, 3, 2, 3])], attributes: [int('axis', -1)], atRuntime: ['i'] },
];

const scatters: readonly RuleCase[] = [
  ...['none', 'add'].flatMap((reduction) => [16, 18].flatMap((opset): RuleCase[] => [
    { operator: 'ScatterElements', opset, inputs: { x: [3, 4], u: [2, 3] }, constants: [table('i', [2, 3], [0, 1, 2, 1, -1, 0])], order: ['x', 'i', 'u'], attributes: [int('axis', 0), text('reduction', reduction)] },
    { operator: 'ScatterND', opset, inputs: { x: [3, 4], u: [2, 4] }, constants: [table('i', [2, 1], [2, 0])], order: ['x', 'i', 'u'], attributes: [text('reduction', reduction)] },
  ])),
  ...[9, 10].map((opset): RuleCase => ({ operator: 'Scatter', opset, inputs: { x: [3, 4], u: [2, 3] }, constants: [table('i', [2, 3], [0, 1, 2, 1, 2, 0])], order: ['x', 'i', 'u'], attributes: [int('axis', 0)] })),
  { operator: 'ScatterElements', opset: 11, inputs: { x: [3, 4], u: [3, 1] }, constants: [table('i', [3, 1], [0, 3, -1])], order: ['x', 'i', 'u'], attributes: [int('axis', 1)] },
  { operator: 'ScatterND', opset: 11, inputs: { x: [3, 4], u: [2] }, constants: [table('i', [2, 2], [2, 0, 1, 3])], order: ['x', 'i', 'u'] },
  { operator: 'ScatterND', inputs: { u: [1, 4] }, constants: [table('i', [1, 1], [1]), makeTensor('x', ElementType.DOUBLE, [3, 4], Array.from({ length: 12 }, (_, i) => i))], order: ['x', 'i', 'u'] },
  ...[-1, 1].flatMap((axis) => [0, 1].map((largest): RuleCase => ({
    operator: 'TopK', inputs: X, constants: [list('k', [2])], attributes: [int('axis', axis), int('largest', largest)], values: distinct, unread: 1,
  }))),
  ...bothWays({ operator: 'Compress', inputs: X, constants: [flags('c', [1, 0, 1])], attributes: [int('axis', 1)] }),
  { operator: 'Compress', inputs: { x: [2, 3] }, constants: [flags('c', [1, 0, 1, 0, 1])] },
  { operator: 'ReverseSequence', inputs: { x: [4, 2, 3] }, constants: [list('lengths', [3, 2])], attributes: [int('batch_axis', 1), int('time_axis', 0)] },
  ...[0, 1].flatMap((upper) => [-1, 0, 1].map((k): RuleCase => ({ operator: 'Trilu', inputs: { x: ['n', 3, 4] }, constants: [table('k', [], [k])], attributes: [int('upper', upper)] }))),
  { operator: 'MaxUnpool', inputs: { x: [1, 1, 2, 2] }, constants: [table('i', [1, 1, 2, 2], [0, 3, 9, 14])], attributes: [ints('kernel_shape', [2, 2]), ints('strides', [2, 2])], single: true },
];

const MODES = ['constant', 'reflect', 'edge'];
const pads: readonly RuleCase[] = [
  ...MODES.flatMap((mode) => [11, 17].flatMap((opset) => bothWays({ operator: 'Pad', opset, inputs: X, constants: [list('pads', [0, 1, 2, 0, 2, 0])], attributes: [text('mode', mode)] }))),
  ...MODES.map((mode): RuleCase => ({ operator: 'Pad', inputs: FREE, constants: [list('pads', [0, 1, 1, 0, 0, 1])], attributes: [text('mode', mode)] })),
  { operator: 'Pad', inputs: X, constants: [list('pads', [0, 1, -1, 0, -1, 2])], atRuntime: ['pads'] },
  { operator: 'Pad', inputs: X, constants: [list('pads', [0, 0, 1, 0, 0, 2]), scalar('fill', 3)], atRuntime: ['pads'] },
  { operator: 'Pad', opset: 19, inputs: X, constants: [list('pads', [1, 2, 0, 3]), list('axes', [1, -1])], order: ['x', 'pads', '', 'axes'], attributes: [text('mode', 'wrap')] },
  { operator: 'Pad', opset: 18, inputs: X, constants: [list('pads', [2, 1]), list('axes', [-1])], order: ['x', 'pads', '', 'axes'], attributes: [text('mode', 'reflect')], atRuntime: ['pads'] },
];

const tiles: readonly RuleCase[] = [
  ...[[1, 2, 3], [2, 1, 1]].flatMap((repeats) => bothWays({ operator: 'Tile', inputs: X, constants: [list('repeats', repeats)] })),
  { operator: 'Tile', inputs: FREE, constants: [list('repeats', [1, 2, 2])] },
  ...[['DCR', 2], ['CRD', 2], ['DCR', 3], ['CRD', 3]].flatMap(([mode, block]): RuleCase[] => [
    { operator: 'DepthToSpace', inputs: { x: ['n', 2 * Number(block) ** 2, 2, 3] }, attributes: [int('blocksize', Number(block)), text('mode', String(mode))] },
  ]),
  { operator: 'DepthToSpace', opset: 7, inputs: { x: ['n', 8, 2, 3] }, attributes: [int('blocksize', 2)], single: true },
  { operator: 'SpaceToDepth', inputs: { x: ['n', 2, 4, 6] }, attributes: [int('blocksize', 2)] },
  ...[[3, 7], [6, 2], [4, 5]].map((lengths): RuleCase => ({ operator: 'CenterCropPad', opset: 18, inputs: { x: ['n', 4, 5] }, constants: [list('lengths', lengths)], attributes: [ints('axes', [1, -1])] })),
  { operator: 'Expand', inputs: { x: [1, 3, 1] }, constants: [list('shape', [2, 1, 4])] },
];

/** What moves, picks and repeats elements. */
export const selections: readonly RuleCase[] = [...slices, ...gathers, ...scatters, ...pads, ...tiles].map((item): RuleCase => ({ ...item, linear: true }));
