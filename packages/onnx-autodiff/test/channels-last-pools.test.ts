import { randomStream } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import { ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type NodeProto, type OnnxModel } from '@pellucid/onnx-graph';
import { differentiate, OPTIMIZATIONS, type Optimization } from '../src/index.ts';
import { gradientValues, worst, type GradientValues } from './gradient-values.ts';
import type { Values } from './session.ts';

const elementType = ElementType.FLOAT;
const WITHOUT = OPTIMIZATIONS.filter((name) => name !== 'channels-last-pools');

function draws(name: string, shape: readonly number[], round = Math.fround): Values {
  const stream = randomStream(11, name);
  return { shape, data: Float64Array.from({ length: shape.reduce((product, length) => product * length, 1) }, () => round(stream.normal())) };
}

/** The end of a small network: a convolution, a ReLU, a max-pool, and what follows it. */
interface End {
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly lengths: readonly [number, number];
  readonly channels: number;
  /** A dense layer, whose weights are stored output by output or input by input, a convolution, or nothing. */
  readonly behind: 'Gemm' | 'MatMul' | 'Conv' | null;
}

const END: End = { window: [2, 2], strides: [2, 2], lengths: [6, 8], channels: 16, behind: 'Gemm' };
const countsOf = ({ window, strides, lengths }: End): readonly number[] => lengths.map((length, i) => Math.floor((length - window[i]!) / strides[i]!) + 1);

function network(end: End): OnnxModel {
  const { window, strides, lengths, channels, behind } = end;
  const [rows = 0, columns = 0] = countsOf(end);
  // Few values, so that windows hold several equal maxima.
  const kernel = draws('kernel', [32, channels, 3, 3], (value) => Math.round(2 * value) / 2);
  const values = 32 * rows * columns;
  const then = draws('then', { Gemm: [5, values], MatMul: [values, 5] }[String(behind)] ?? [16, 32, 3, 3]);
  const same = [intsAttribute('pads', [1, 1, 1, 1])];
  const last: Readonly<Record<string, readonly NodeProto[]>> = {
    Gemm: [makeNode('Flatten', ['pool'], ['flat']), makeNode('Gemm', ['flat', 'then'], ['y'], [intAttribute('transB', 1)])],
    MatMul: [makeNode('Flatten', ['pool'], ['flat']), makeNode('MatMul', ['flat', 'then'], ['y'])], Conv: [makeNode('Conv', ['pool', 'then'], ['y'], same)], null: [makeNode('Identity', ['pool'], ['y'])],
  };
  return makeModel({
    name: 'end', opset: 17, producer: 'test', initializers: [makeTensor('kernel', elementType, kernel.shape, kernel.data), makeTensor('then', elementType, then.shape, then.data)],
    nodes: [
      makeNode('Conv', ['x', 'kernel'], ['conv'], same), makeNode('Relu', ['conv'], ['relu']),
      makeNode('MaxPool', ['relu'], ['pool'], [intsAttribute('kernel_shape', window), intsAttribute('strides', strides)]), ...last[String(behind)]!,
    ],
    inputs: [makeValueInfo('x', { elementType, shape: ['n', channels, ...lengths] })], outputs: [makeValueInfo('y', { elementType, shape: null })],
  });
}

async function gradients(end: End, optimizations: readonly Optimization[], at: readonly string[] = ['x']): Promise<GradientValues> {
  const differentiated = differentiate(network(end), { of: 'y', at, optimizations });
  const shape = { Gemm: [3, 5], MatMul: [3, 5], Conv: [3, 16, ...countsOf(end)], null: [3, 32, ...countsOf(end)] }[String(end.behind)] ?? [];
  const feeds = new Map([['x', draws('x', [3, end.channels, ...end.lengths], Math.round)], [differentiated.cotangent, draws('dy', shape)]]);
  return gradientValues(differentiated, feeds, at);
}

const layouts = ({ operators }: GradientValues): number => operators.filter((operator) => operator.startsWith('Transpose')).length;

const APPLIES: readonly Partial<End>[] = [
  {}, { behind: 'MatMul' }, { behind: 'Conv' }, { behind: null }, { window: [3, 2], strides: [3, 2] }, { window: [2, 4], strides: [2, 4], behind: 'Conv' }, { window: [1, 2], strides: [1, 2] },
];

test.each(APPLIES)('the gradient of a pool is interleaved with the channels last: %j', async (change) => {
  const end = { ...END, ...change };
  const plain = await gradients(end, []);
  const before = await gradients(end, WITHOUT);
  const after = await gradients(end, OPTIMIZATIONS);
  expect(layouts(after)).toBeGreaterThan(layouts(before));
  expect(worst(after.values[0], plain.values[0])).toBeLessThan(1e-6);
});

test('weights that are stored output by output are stored in the other order, so that the gradient is made with the channels last', async () => {
  const [gemm, product] = await Promise.all([gradients(END, OPTIMIZATIONS), gradients({ ...END, behind: 'MatMul' }, OPTIMIZATIONS)]);
  // Three masks on the way out of the blocked layout and the gradient on the way into it; of weights stored input by input, the weights besides.
  expect(layouts(gemm)).toBe(4);
  expect(layouts(product)).toBe(layouts(gemm) + 1);
});

const REFUSED: readonly (readonly [title: string, change: Partial<End>])[] = [
  ['windows that overlap', { window: [3, 3], strides: [2, 2], lengths: [7, 9] }], ['windows that leave positions out', { lengths: [7, 8] }],
  ['a pool behind a convolution of few channels', { channels: 3 }],
];

test.each(REFUSED)('%s: left as it is', async (_, change) => {
  const end = { ...END, ...change };
  const before = await gradients(end, WITHOUT);
  const after = await gradients(end, OPTIMIZATIONS);
  expect(after.operators).toEqual(before.operators);
  expect(after.values).toEqual(before.values);
});
