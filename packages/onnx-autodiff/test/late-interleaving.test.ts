import { randomStream } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import { ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type NodeProto, type OnnxModel, type TensorProto } from '@pellucid/onnx-graph';
import { differentiate, OPTIMIZATIONS, type Optimization } from '../src/index.ts';
import { gradientValues, worst, type GradientValues } from './gradient-values.ts';
import type { Values } from './session.ts';

const elementType = ElementType.FLOAT;
const WITHOUT = OPTIMIZATIONS.filter((name) => name !== 'late-interleaving');

function draws(name: string, shape: readonly number[], scale = 1): Values {
  const stream = randomStream(5, name);
  return { shape, data: Float64Array.from({ length: shape.reduce((product, length) => product * length, 1) }, () => Math.fround(scale * stream.normal())) };
}

/** What a block of MobileNetV2 does: one element to more channels, an activation, a depthwise window with strides. */
interface Block {
  readonly lengths: readonly [number, number];
  readonly strides: readonly number[];
  readonly activation: 'Clip' | 'Relu';
  readonly narrow: number;
  readonly wide: number;
  /** Also reads the activation. */
  readonly more: readonly NodeProto[];
}

const BLOCK: Block = { lengths: [96, 108], strides: [2, 2], activation: 'Clip', narrow: 16, wide: 32, more: [] };

function network({ lengths, strides, activation, narrow, wide, more }: Block): OnnxModel {
  const weights = (name: string, shape: readonly number[], scale: number): TensorProto => makeTensor(name, elementType, shape, draws(name, shape, scale).data);
  const depthwise = [intsAttribute('pads', [1, 1, 1, 1]), intsAttribute('strides', strides), intAttribute('group', wide)];
  return makeModel({
    name: 'block', opset: 17, producer: 'test',
    initializers: [
      weights('w1', [narrow, 3, 1, 1], 1), weights('w2', [wide, narrow, 1, 1], 1), weights('b2', [wide], 3), weights('w3', [wide, 1, 3, 3], 1), weights('w4', [8, wide, 1, 1], 1),
      makeTensor('low', elementType, [], [0]), makeTensor('high', elementType, [], [6]),
    ],
    nodes: [
      makeNode('Conv', ['x', 'w1'], ['first']), makeNode('Conv', ['first', 'w2', 'b2'], ['wide']),
      makeNode(activation, activation === 'Clip' ? ['wide', 'low', 'high'] : ['wide'], ['act']),
      makeNode('Conv', ['act', 'w3'], ['deep'], depthwise), ...more, makeNode('Conv', [more.at(-1)?.output[0] ?? 'deep', 'w4'], ['y']),
    ],
    inputs: [makeValueInfo('x', { elementType, shape: ['n', 3, ...lengths] })], outputs: [makeValueInfo('y', { elementType, shape: null })],
  });
}

async function gradients(block: Block, optimizations: readonly Optimization[], at: readonly string[] = ['x']): Promise<GradientValues> {
  const differentiated = differentiate(network(block), { of: 'y', at, optimizations });
  const produced = block.lengths.map((length, i) => Math.ceil(length / block.strides[i]!));
  return gradientValues(differentiated, new Map([['x', draws('x', [2, 3, ...block.lengths])], [differentiated.cotangent, draws('dy', [2, 8, ...produced])]]), at);
}

const APPLIES: readonly Partial<Block>[] = [
  {}, { activation: 'Relu' }, { strides: [2, 1] }, { strides: [1, 2] }, { narrow: 5 }, { narrow: 24, wide: 48 },
];

test.each(APPLIES)('phases that are masked and passed to fewer channels before they are interleaved give the same gradient: %j', async (change) => {
  const block = { ...BLOCK, ...change };
  const plain = await gradients(block, []);
  const before = await gradients(block, WITHOUT);
  const late = await gradients(block, OPTIMIZATIONS);
  expect(late.operators).not.toEqual(before.operators);
  expect(worst(late.values[0], plain.values[0])).toBeLessThan(1e-6);
});

const DOES_NOT_APPLY: readonly Partial<Block>[] = [
  { lengths: [95, 108] }, { lengths: [8, 12] }, { strides: [1, 1] }, { narrow: 32 }, { wide: 40 },
  { more: [makeNode('GlobalAveragePool', ['act'], ['pooled']), makeNode('Add', ['deep', 'pooled'], ['sum'])] },
];

test.each(DOES_NOT_APPLY)('where phases do not fit, are small, are changed by others, or reach no fewer channels, they are interleaved first: %j', async (change) => {
  const block = { ...BLOCK, ...change };
  const plain = await gradients(block, []);
  const late = await gradients(block, OPTIMIZATIONS);
  expect(late.operators).toEqual((await gradients(block, WITHOUT)).operators);
  expect(worst(late.values[0], plain.values[0])).toBeLessThan(1e-6);
});

test('gradients that are asked for between phases are whole', async () => {
  const at = ['act', 'wide', 'first', 'x'];
  const plain = await gradients(BLOCK, [], at);
  const late = await gradients(BLOCK, OPTIMIZATIONS, at);
  for (const [i, values] of plain.values.entries()) expect(worst(late.values[i], values)).toBeLessThan(1e-6);
});
