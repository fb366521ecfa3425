import { randomStream } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import { ElementType, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type OnnxModel } from '@pellucid/onnx-graph';
import { differentiate, OPTIMIZATIONS, type Optimization } from '../src/index.ts';
import { gradientValues, worst, type GradientValues } from './gradient-values.ts';
import type { Values } from './session.ts';

const elementType = ElementType.FLOAT;
const WITHOUT = OPTIMIZATIONS.filter((name) => name !== 'pool-phases');

function draws(name: string, shape: readonly number[], round = Math.fround): Values {
  const stream = randomStream(7, name);
  return { shape, data: Float64Array.from({ length: shape.reduce((product, length) => product * length, 1) }, () => round(stream.normal())) };
}

/** The start of a small network: a convolution of few channels, a ReLU, a max-pool. */
interface Start {
  readonly channels: number;
  readonly lengths: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly pads: readonly number[];
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
}

const START: Start = { channels: 1, lengths: [12, 8], kernel: [3, 3], pads: [1, 1, 1, 1], window: [2, 2], strides: [2, 2] };

function network({ channels, lengths, kernel, pads, window, strides }: Start): OnnxModel {
  // Few values, so that windows hold several equal maxima.
  const weights = draws('w', [16, channels, ...kernel], (value) => Math.round(2 * value) / 2);
  return makeModel({
    name: 'start', opset: 17, producer: 'test', initializers: [makeTensor('w', elementType, weights.shape, weights.data)],
    nodes: [
      makeNode('Conv', ['x', 'w'], ['conv'], [intsAttribute('pads', pads)]), makeNode('Relu', ['conv'], ['relu']),
      makeNode('MaxPool', ['relu'], ['y'], [intsAttribute('kernel_shape', window), intsAttribute('strides', strides)]),
    ],
    inputs: [makeValueInfo('x', { elementType, shape: ['n', channels, ...lengths] })], outputs: [makeValueInfo('y', { elementType, shape: null })],
  });
}

async function gradients(start: Start, optimizations: readonly Optimization[], at: readonly string[] = ['x']): Promise<GradientValues> {
  const differentiated = differentiate(network(start), { of: 'y', at, optimizations });
  const { channels, lengths, kernel, pads, window, strides } = start;
  const counts = lengths.map((length, i) => Math.floor((length + pads[i]! + pads[i + 2]! - kernel[i]! + 1 - window[i]!) / strides[i]!) + 1);
  const feeds = new Map([['x', draws('x', [3, channels, ...lengths], Math.round)], [differentiated.cotangent, draws('dy', [3, 16, ...counts])]]);
  return gradientValues(differentiated, feeds, at);
}

const APPLIES: readonly Partial<Start>[] = [
  {}, { channels: 3 }, { kernel: [5, 3], pads: [2, 1, 2, 1] }, { pads: [0, 0, 0, 0] }, { kernel: [4, 2], pads: [2, 1, 1, 0] }, { kernel: [1, 1], pads: [0, 0, 0, 0] },
  { window: [1, 2], strides: [1, 2] }, { window: [3, 1], strides: [3, 1] },
];

test.each(APPLIES)('the gradient of a pool passes through the convolution before it is interleaved: %j', async (change) => {
  const start = { ...START, ...change };
  const plain = await gradients(start, []);
  const before = await gradients(start, WITHOUT);
  const phases = await gradients(start, OPTIMIZATIONS);
  expect(phases.operators).not.toEqual(before.operators);
  expect(phases.operators.filter((operator) => operator.startsWith('Concat'))).toHaveLength(0);
  expect(worst(phases.values[0], plain.values[0])).toBeLessThan(1e-6);
});

const REFUSED: readonly (readonly [title: string, change: Partial<Start>])[] = [
  ['windows that overlap', { window: [3, 3], strides: [1, 1] }], ['windows that leave positions out', { lengths: [13, 8] }],
  ['windows of many positions', { window: [4, 4], strides: [4, 4] }], ['a convolution of many channels', { channels: 8 }],
];

test.each(REFUSED)('%s are left as they are', async (_, change) => {
  const start = { ...START, ...change };
  const before = await gradients(start, WITHOUT);
  const phases = await gradients(start, OPTIMIZATIONS);
  expect(phases.operators).toEqual(before.operators);
  expect(phases.values).toEqual(before.values);
});

test('the gradient behind the convolution is still made where it is asked for', async () => {
  const plain = await gradients(START, [], ['x', 'relu']);
  const phases = await gradients(START, OPTIMIZATIONS, ['x', 'relu']);
  expect(worst(phases.values[0], plain.values[0])).toBeLessThan(1e-6);
  expect([...(phases.values[1] ?? [])]).toEqual([...(plain.values[1] ?? [])]);
});
