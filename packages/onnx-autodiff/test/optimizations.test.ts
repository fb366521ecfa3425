import { randomStream } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import {
  ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type NodeProto, type OnnxModel, type TensorProto,
  type WritableElementType,
} from '@pellucid/onnx-graph';
import { differentiate, OPTIMIZATIONS, type Optimization } from '../src/index.ts';
import { gradientValues, worst } from './gradient-values.ts';
import { run, type Values } from './session.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

function draws(name: string, shape: readonly number[], scale = 1): Values {
  const stream = randomStream(3, name);
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(scale * stream.normal())) };
}

/** A small network with all that the optimisations look for: a narrow first convolution, a ReLU before a pool, a ReLU6, a sum of branches, weights that are given. */
function network(elementType: WritableElementType): OnnxModel {
  const weights = (name: string, shape: readonly number[], scale: number): TensorProto => makeTensor(name, elementType, shape, draws(name, shape, scale).data);
  const same = [intsAttribute('pads', [1, 1, 1, 1])];
  return makeModel({
    name: 'network', opset: 17, producer: 'test',
    initializers: [
      weights('w1', [16, 3, 3, 3], 0.4), weights('b1', [16], 0.2), weights('w2', [32, 16, 3, 3], 0.3), weights('b2', [32], 2), weights('w3', [32, 1, 3, 3], 0.5),
      makeTensor('low', elementType, [], [0]), makeTensor('high', elementType, [], [6]),
    ],
    nodes: [
      makeNode('Conv', ['x', 'w1', 'b1'], ['conv1'], same), makeNode('Relu', ['conv1'], ['relu1']),
      makeNode('MaxPool', ['relu1'], ['pool'], [intsAttribute('kernel_shape', [3, 3]), intsAttribute('strides', [2, 2]), intsAttribute('pads', [1, 1, 1, 1])]),
      makeNode('Conv', ['pool', 'w2', 'b2'], ['conv2'], same), makeNode('Clip', ['conv2', 'low', 'high'], ['clip2']),
      makeNode('Conv', ['clip2', 'w3'], ['conv3'], [...same, intAttribute('group', 32)]), makeNode('Add', ['conv3', 'clip2'], ['sum']),
      makeNode('Relu', ['sum'], ['relu3']), makeNode('Conv', ['relu3', 'w3'], ['conv4'], [...same, intAttribute('group', 32), intsAttribute('strides', [2, 2])]),
      makeNode('Conv', ['conv4', 'w5'], ['y'], [...same, intAttribute('group', 4)]),
    ],
    inputs: [makeValueInfo('x', { elementType, shape: ['n', 3, 8, 10] }), makeValueInfo('w5', { elementType, shape: [32, 8, 3, 3] })], outputs: [makeValueInfo('y', { elementType, shape: ['n', 32, 2, 3] })],
  });
}

async function gradients(elementType: WritableElementType, optimizations: readonly Optimization[], at: readonly string[] = ['x', 'w5']): Promise<readonly Float64Array[]> {
  const differentiated = differentiate(network(elementType), { of: 'y', at, optimizations });
  const feeds = new Map([['x', draws('x', [2, 3, 8, 10])], ['w5', draws('w5', [32, 8, 3, 3])], [differentiated.cotangent, draws('dy', [2, 32, 2, 3])]]);
  return (await gradientValues(differentiated, feeds, at)).values;
}

test.each(OPTIMIZATIONS)('%s changes a gradient by no more than rounding', async (name) => {
  const plain = await gradients(ElementType.FLOAT, []);
  const faster = await gradients(ElementType.FLOAT, [name]);
  for (const [i, values] of plain.entries()) expect(worst(faster[i]!, values)).toBeLessThan(1e-6);
});

test('all together change a gradient by no more than rounding', async () => {
  const plain = await gradients(ElementType.FLOAT, []);
  const faster = await gradients(ElementType.FLOAT, OPTIMIZATIONS);
  for (const [i, values] of plain.entries()) expect(worst(faster[i]!, values)).toBeLessThan(1e-6);
});

/** What an optimisation needs to be of use. */
const NEEDED: Partial<Record<Optimization, readonly Optimization[]>> = {
  'pool-distances': ['masks-behind-pools'], 'pool-picks': ['masks-behind-pools'], 'rectified-masks': ['blocked-masks'],
};

/** Those that the network shows; what is for backward rules or certain blocks alone has tests of its own. */
const DERIVATIVES = OPTIMIZATIONS.filter((name) => !['batch-halves', 'channels-last-pools', 'late-interleaving', 'pool-phases', 'reference-slopes', 'secant-slopes', 'shortcut-phases'].includes(name));

test.each(DERIVATIVES)('%s changes the graph, and can be left out', (name) => {
  const needed = NEEDED[name] ?? [];
  const operators = (optimizations: readonly Optimization[]): string[] =>
    differentiate(network(ElementType.FLOAT), { of: 'y', at: ['x', 'w5'], optimizations }).model.graph.node.map(({ opType, input }) => `${opType} ${input.join()}`);
  expect(operators([...needed, name])).not.toEqual(operators(needed));
});

test('the gradient at a ReLU before a pool keeps what its own mask would take', async () => {
  const [plain = new Float64Array(0)] = await gradients(ElementType.FLOAT, [], ['relu1']);
  const [faster = new Float64Array(0)] = await gradients(ElementType.FLOAT, ['masks-behind-pools'], ['relu1']);
  expect([...faster]).toEqual([...plain]);
});

/** Channels into and out of a convolution, groups, input lengths, kernel, strides, pads. */
type Geometry = readonly [channels: number, outputs: number, groups: number, lengths: readonly number[], kernel: readonly number[], strides: readonly number[], pads: readonly number[]];
const GEOMETRIES: readonly Geometry[] = [
  [16, 32, 1, [8, 10], [3, 3], [2, 2], [1, 1, 1, 1]], [16, 32, 1, [7, 9], [3, 3], [2, 2], [1, 1, 1, 1]], [32, 32, 32, [8, 8], [3, 3], [2, 2], [1, 1, 1, 1]],
  [32, 32, 32, [7, 8], [3, 3], [2, 2], [0, 0, 1, 1]], [16, 16, 1, [11, 12], [5, 4], [3, 2], [2, 1, 1, 2]], [16, 16, 1, [9, 9], [3, 3], [2, 1], [1, 1, 1, 1]],
  [16, 16, 1, [9, 8], [3, 3], [1, 2], [1, 0, 1, 0]], [16, 16, 1, [10, 10], [2, 2], [2, 2], [0, 0, 0, 0]], [16, 16, 1, [11, 11], [7, 7], [2, 2], [3, 3, 3, 3]],
  [16, 16, 1, [9, 9], [4, 4], [4, 4], [0, 0, 0, 0]],
];

async function convolutionGradient([channels, outputs, groups, lengths, kernel, strides, pads]: Geometry, optimizations: readonly Optimization[]): Promise<{
  readonly values: Float64Array; readonly operators: readonly string[];
}> {
  const elementType = ElementType.FLOAT;
  const shape = [outputs, channels / groups, ...kernel];
  const produced = lengths.map((length, i) => Math.floor((length + pads[i]! + pads[i + 2]! - kernel[i]!) / strides[i]!) + 1);
  const model = makeModel({
    name: 'strided', opset: 17, producer: 'test', initializers: [makeTensor('w', elementType, shape, draws('w', shape).data)],
    nodes: [makeNode('Conv', ['x', 'w'], ['y'], [intsAttribute('strides', strides), intsAttribute('pads', pads), intAttribute('group', groups)])],
    inputs: [makeValueInfo('x', { elementType, shape: ['n', channels, ...lengths] })], outputs: [makeValueInfo('y', { elementType, shape: ['n', outputs, ...produced] })],
  });
  const { model: extended, cotangent } = differentiate(model, { of: 'y', at: ['x'], optimizations });
  const answer = await run(extended, new Map([['x', draws('x', [2, channels, ...lengths])], [cotangent, draws('dy', [2, outputs, ...produced])]]), ['x/gradient']);
  return { values: answer.get('x/gradient')?.data ?? new Float64Array(0), operators: extended.graph.node.map(({ opType }) => opType) };
}

test.each(GEOMETRIES)('the phases of a convolution make its gradient: %d to %d channels, %d groups, %j, kernel %j, strides %j, pads %j', async (...geometry) => {
  const plain = await convolutionGradient(geometry, []);
  const phases = await convolutionGradient(geometry, ['phase-convolutions']);
  expect(plain.operators).toContain('ConvTranspose');
  expect(phases.operators).not.toContain('ConvTranspose');
  expect(worst(phases.values, plain.values)).toBeLessThan(1e-6);
});

/** Two convolutions and a copy of one input, added up: the first has strides and a window, the second strides and one element. */
async function blockGradient(lengths: readonly number[], strides: readonly number[], optimizations: readonly Optimization[]): Promise<{
  readonly values: Float64Array; readonly operators: readonly string[];
}> {
  const elementType = ElementType.FLOAT;
  const produced = lengths.map((length, i) => Math.floor((length - 1) / strides[i]!) + 1);
  const weights = (name: string, shape: readonly number[]): TensorProto => makeTensor(name, elementType, shape, draws(name, shape).data);
  const info = (name: string, shape: readonly (number | string)[]) => makeValueInfo(name, { elementType, shape });
  const model = makeModel({
    name: 'block', opset: 17, producer: 'test', initializers: [weights('w', [32, 16, 3, 3]), weights('s', [32, 16, 1, 1]), weights('c', [32, 16, 1, 1])],
    nodes: [
      makeNode('Conv', ['x', 'w'], ['a'], [intsAttribute('strides', strides), intsAttribute('pads', [1, 1, 1, 1])]),
      makeNode('Conv', ['x', 's'], ['b'], [intsAttribute('strides', strides)]), makeNode('Add', ['a', 'b'], ['both']),
      makeNode('Conv', ['x', 'c'], ['c1']), makeNode('GlobalAveragePool', ['c1'], ['mean']), makeNode('Add', ['both', 'mean'], ['y']),
    ],
    inputs: [info('x', ['n', 16, ...lengths])], outputs: [info('y', ['n', 32, ...produced])],
  });
  const { model: extended, cotangent } = differentiate(model, { of: 'y', at: ['x'], optimizations });
  const answer = await run(extended, new Map([['x', draws('x', [2, 16, ...lengths])], [cotangent, draws('dy', [2, 32, ...produced])]]), ['x/gradient']);
  return { values: answer.get('x/gradient')?.data ?? new Float64Array(0), operators: extended.graph.node.map(({ opType }) => opType) };
}

test.each([[[8, 10], [2, 2]], [[7, 9], [2, 2]], [[9, 8], [1, 2]], [[7, 7], [2, 1]]])('a shortcut adds to the one phase that it reaches: %j, strides %j', async (lengths, strides) => {
  const plain = await blockGradient(lengths, strides, []);
  const phases = await blockGradient(lengths, strides, ['phase-convolutions']);
  const together = await blockGradient(lengths, strides, ['phase-convolutions', 'shortcut-phases']);
  const count = ({ operators }: typeof plain): number => operators.filter((operator) => operator === 'ConvTranspose').length;
  expect([plain, phases, together].map(count)).toEqual([2, 1, 0]);
  expect(worst(together.values, plain.values)).toBeLessThan(1e-6);
});

test.each<Geometry>([
  [16, 16, 1, [9, 9], [1, 1], [2, 2], [0, 0, 0, 0]], [16, 16, 1, [8, 8], [3, 3], [2, 2], [2, 2, 2, 2]], [20, 16, 1, [8, 8], [3, 3], [2, 2], [1, 1, 1, 1]],
])('a convolution that is not for phases keeps its transposed form: %d to %d channels, %d groups, %j, kernel %j, strides %j, pads %j', async (...geometry) => {
  expect((await convolutionGradient(geometry, ['phase-convolutions'])).operators).toContain('ConvTranspose');
});

test.each([
  [[2, 2], [2, 2], [0, 0, 0, 0]], [[3, 3], [2, 2], [1, 1, 1, 1]], [[3, 3], [2, 2], [0, 0, 0, 0]], [[3, 2], [1, 2], [1, 0, 1, 1]], [[3, 3], [3, 3], [1, 1, 1, 1]],
])('a max-pool with kernel %j, strides %j, pads %j behind a ReLU gives the first maximum all, ties and zeros included', async (kernel, strides, pads) => {
  const elementType = ElementType.FLOAT;
  const shape = [2, 16, 9, 10];
  const window = [intsAttribute('kernel_shape', kernel), intsAttribute('strides', strides), intsAttribute('pads', pads)];
  const produced = [9, 10].map((length, i) => Math.floor((length + pads[i]! + pads[i + 2]! - kernel[i]!) / strides[i]!) + 1);
  const model = makeModel({
    name: 'pool', opset: 17, producer: 'test', initializers: [makeTensor('one', elementType, [16, 1, 1, 1], Array.from({ length: 16 }, () => 1))],
    nodes: [makeNode('Conv', ['x', 'one'], ['copy'], [intAttribute('group', 16)]), makeNode('Relu', ['copy'], ['relu']), makeNode('MaxPool', ['relu'], ['y'], window)],
    inputs: [makeValueInfo('x', { elementType, shape })], outputs: [makeValueInfo('y', { elementType, shape: [2, 16, ...produced] })],
  });
  // Few different values, a third of them negative: most windows have ties.
  const x = { shape, data: draws('ties', shape).data.map((value) => Math.round(value)) };
  const gradient = async (optimizations: readonly Optimization[]): Promise<readonly number[]> => {
    const { model: extended, cotangent } = differentiate(model, { of: 'y', at: ['x'], optimizations });
    const answer = await run(extended, new Map([['x', x], [cotangent, draws('dy', [2, 16, ...produced])]]), ['x/gradient']);
    return Array.from(answer.get('x/gradient')?.data ?? [], (value) => value + 0);
  };
  const plain = await gradient([]);
  expect(await gradient(['masks-behind-pools', 'pool-picks', 'blocked-masks'])).toEqual(plain);
  expect(await gradient(['masks-behind-pools', 'pool-distances', 'blocked-masks'])).toEqual(plain);
});

/** The gradient of an activation behind a convolution that copies, at given values. */
async function slopes(
  activation: NodeProto, values: readonly number[], constants: readonly TensorProto[] = [], optimizations: readonly Optimization[] = OPTIMIZATIONS,
): Promise<readonly number[]> {
  const elementType = ElementType.FLOAT;
  const shape = [1, 16, 1, values.length];
  const info = (name: string) => makeValueInfo(name, { elementType, shape });
  const model = makeModel({
    name: 'activation', opset: 17, producer: 'test', initializers: [makeTensor('one', elementType, [16, 1, 1, 1], Array.from({ length: 16 }, () => 1)), ...constants],
    nodes: [makeNode('Conv', ['x', 'one'], ['copy'], [intAttribute('group', 16)]), activation], inputs: [info('x')], outputs: [info('y')],
  });
  const { model: extended, cotangent } = differentiate(model, { of: 'y', at: ['copy'], optimizations });
  const data = Float64Array.from({ length: 16 * values.length }, (_, i) => values[i % values.length]!);
  const answer = await run(extended, new Map([['x', { shape, data }], [cotangent, { shape, data: data.map(() => -2) }]]), ['copy/gradient']);
  return [...answer.get('copy/gradient')?.data.slice(0, values.length) ?? []].map((value) => value / -2);
}

test('a blocked mask is 1 for every positive float32 and 0 from 0 down', async () => {
  const values = [-3.4e38, -1, -1e-38, -0, 0, 2 ** -126, 1e-30, 1e-7, 1, 3.4e38];
  expect((await slopes(makeNode('Relu', ['copy'], ['y']), values)).map(Math.abs)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
});

test.each([6, 1, 0.3, 1000])('the blocked mask of a Clip between 0 and %d is 1 strictly inside', async (bound) => {
  const high = Math.fround(bound);
  const below = new Float32Array(Int32Array.of(new Int32Array(Float32Array.of(high).buffer)[0]! - 1).buffer)[0]!;
  const values = [-7, 0, high / 2 ** 60, high / 3, below, high, 2 * high];
  const bounds = [makeTensor('low', ElementType.FLOAT, [], [0]), makeTensor('high', ElementType.FLOAT, [], [high])];
  for (const optimizations of [OPTIMIZATIONS, OPTIMIZATIONS.filter((name) => name !== 'rectified-masks')]) {
    const found = await slopes(makeNode('Clip', ['copy', 'low', 'high'], ['y']), values, bounds, optimizations);
    expect(found.map(Math.abs)).toEqual([0, 0, 1, 1, 1, 0, 0]);
  }
});

/** Geometries for weights: grouped, dilated, with strides, on one and three axes, with data that no window reads, with large weights and few positions. */
const WEIGHT_GEOMETRIES: readonly (readonly [...Geometry, dilations: readonly number[]])[] = [
  [3, 5, 1, [8, 10], [3, 3], [1, 1], [1, 1, 1, 1], [1, 1]], [4, 6, 2, [9, 8], [3, 2], [2, 3], [1, 0, 0, 1], [1, 1]], [6, 6, 6, [7, 7], [3, 3], [1, 1], [2, 2, 2, 2], [2, 2]],
  [16, 24, 1, [3, 3], [3, 3], [1, 1], [1, 1, 1, 1], [1, 1]], [16, 24, 2, [2, 2], [3, 3], [2, 2], [1, 1, 1, 1], [1, 1]], [3, 4, 1, [11], [4], [2], [1, 2], [2]],
  [2, 3, 1, [5, 4, 6], [2, 3, 1], [1, 2, 1], [0, 1, 0, 1, 0, 0], [1, 1, 1]], [4, 4, 1, [6, 6], [1, 1], [2, 2], [0, 0, 0, 0], [1, 1]],
];

test.each(WEIGHT_GEOMETRIES)('products per tap make the gradient at weights, for a free batch: %d to %d channels, %d groups, %j, kernel %j, strides %j, pads %j, dilations %j', async (
  channels, outputs, groups, lengths, kernel, strides, pads, dilations,
) => {
  const elementType = ElementType.FLOAT;
  const rank = kernel.length;
  const shape = [outputs, channels / groups, ...kernel];
  const produced = lengths.map((length, i) => Math.floor((length + pads[i]! + pads[i + rank]! - (kernel[i]! - 1) * dilations[i]! - 1) / strides[i]!) + 1);
  const attributes = [intsAttribute('strides', strides), intsAttribute('pads', pads), intsAttribute('dilations', dilations), intAttribute('group', groups)];
  const model = makeModel({
    name: 'weights', opset: 17, producer: 'test', initializers: [], nodes: [makeNode('Conv', ['x', 'w'], ['y'], attributes)],
    inputs: [makeValueInfo('x', { elementType, shape: ['n', channels, ...lengths] }), makeValueInfo('w', { elementType, shape })],
    outputs: [makeValueInfo('y', { elementType, shape: ['n', outputs, ...produced] })],
  });
  const feeds = new Map([['x', draws('x', [3, channels, ...lengths])], ['w', draws('w', shape)], ['y/cotangent', draws('dy', [3, outputs, ...produced])]]);
  const answers = [];
  for (const optimizations of [[], ['weight-gradients-by-taps', 'flipped-computed-weights']] as const) {
    const { model: extended } = differentiate(model, { of: 'y', at: ['w', 'x'], optimizations });
    answers.push({ operators: extended.graph.node.map(({ opType }) => opType), values: await run(extended, feeds, ['w/gradient', 'x/gradient']) });
  }
  const [plain, faster] = answers;
  expect(faster?.operators.includes('MatMul')).toBe(true);
  for (const name of ['w/gradient', 'x/gradient']) {
    const expected = plain?.values.get(name)?.data ?? new Float64Array(0);
    expect(worst(faster?.values.get(name)?.data ?? new Float64Array(0), expected)).toBeLessThan(1e-6);
  }
});
