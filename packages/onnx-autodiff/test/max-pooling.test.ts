import { randomStream } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import {
  concreteShape, ElementType, inferShapes, intAttribute, intsAttribute, makeModel, makeNode, makeValueInfo, stringAttribute, windowGeometry,
  type AttributeProto, type NodeProto, type OnnxModel,
} from '@pellucid/onnx-graph';
import { differentiate } from '../src/index.ts';
import { run, type Values } from './session.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

function poolModel(node: NodeProto, opset: number, spatial: readonly number[], elementType: number): OnnxModel {
  return makeModel({
    name: 'pool', opset, producer: 'test', nodes: [node], initializers: [],
    inputs: [makeValueInfo('x', { elementType, shape: ['n', 3, ...spatial] })], outputs: [makeValueInfo('y', { elementType, shape: null })],
  });
}

/** The positions of a grid in row-major order. */
function grid(lengths: readonly number[]): number[][] {
  return lengths.reduce<number[][]>((all, length) => all.flatMap((start) => Array.from({ length }, (_, i) => [...start, i])), [[]]);
}

/** The definition, window by window: of all positions in row-major order the first that holds the largest value gets the whole of dy. */
function firstMaximumTakesAll(node: NodeProto, kernel: readonly number[], x: Values, dy: Values): number[] {
  const spatial = x.shape.slice(2);
  const geometry = windowGeometry({ node }, spatial, kernel);
  if (!geometry) throw new Error('no geometry');
  const flat = (position: readonly number[]): number => position.reduce((index, at, axis) => index * spatial[axis]! + at, 0);
  const dx = Array.from({ length: x.data.length }, () => 0);
  const windows = grid(dy.shape.slice(2));
  const taps = grid(kernel);
  for (let plane = 0; plane < x.shape[0]! * x.shape[1]!; plane++) {
    for (const [w, window] of windows.entries()) {
      const read = taps
        .map((tap) => tap.map((t, axis) => window[axis]! * geometry.strides[axis]! + t * geometry.dilations[axis]! - geometry.padsBegin[axis]!))
        .filter((position) => position.every((at, axis) => at >= 0 && at < spatial[axis]!))
        .map((position) => plane * sizeOf(spatial) + flat(position));
      const largest = Math.max(...read.map((index) => x.data[index]!));
      const first = read.find((index) => x.data[index] === largest) ?? NaN;
      dx[first] = dx[first]! + dy.data[plane * windows.length + w]!;
    }
  }
  return dx;
}

const ints = intsAttribute;
const ceil = intAttribute('ceil_mode', 1);
/** Lengths, operator set, attributes (the kernel's size first). */
const CASES: readonly (readonly [spatial: readonly number[], opset: number, kernel: readonly number[], ...AttributeProto[]])[] = [
  ...[7, 8, 10, 11, 17, 22].flatMap((opset) => ([
    [[6, 8], opset, [2, 2], ints('strides', [2, 2])], [[7, 9], opset, [3, 3], ints('strides', [2, 2])],
    [[8, 7], opset, [3, 3], ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1])],
  ] as const)),
  [[8, 10], 17, [3, 3], ints('strides', [2, 2]), ceil], [[8, 10], 10, [3, 3], ints('strides', [2, 2]), ceil, ints('pads', [1, 0, 0, 1])],
  [[7, 7], 17, [2, 2], ints('strides', [2, 2])], [[7, 7], 17, [2, 2], ints('strides', [2, 2]), ceil], [[8, 9], 17, [2, 2], ints('strides', [3, 4])],
  [[8, 9], 17, [1, 1], ints('strides', [2, 3])], [[6, 7], 17, [3, 3]], [[6, 7], 17, [3, 3], ints('pads', [1, 2, 0, 1])], [[6, 7], 17, [1, 3], ints('strides', [1, 2])],
  [[6, 7], 17, [3, 1], ints('strides', [2, 1])], [[6, 7], 17, [1, 1]], [[9, 9], 17, [5, 4], ints('strides', [2, 3]), ints('pads', [2, 3, 1, 0])],
  [[11, 12], 17, [3, 3], ints('dilations', [2, 3])], [[11, 12], 17, [3, 2], ints('dilations', [2, 2]), ints('strides', [2, 4]), ints('pads', [1, 1, 1, 1])],
  [[11, 12], 17, [3, 2], ints('dilations', [3, 4]), ints('strides', [3, 2]), ceil], [[6, 6], 17, [6, 6]], [[4, 4], 17, [4, 4], ints('pads', [3, 3, 3, 3])],
  ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map((mode) => [[7, 8], 17, [3, 2], ints('strides', [2, 2]), stringAttribute('auto_pad', mode)] as const),
  [[11], 17, [3], ints('strides', [2])], [[11], 8, [3], ints('strides', [2]), ints('pads', [1, 1])], [[11], 17, [4], ints('strides', [3]), ceil],
  [[5, 6, 7], 17, [3, 2, 3], ints('strides', [2, 2, 2])], [[5, 6, 7], 11, [2, 2, 2], ints('strides', [2, 1, 2]), ints('pads', [1, 0, 1, 0, 1, 1])],
];

function titleOf([spatial, opset, kernel, ...attributes]: (typeof CASES)[number]): string {
  const shown = attributes.map(({ name, ints: list, s }) => `${name} ${list.length > 0 ? list.join() : new TextDecoder().decode(s)}`.trim());
  return [`${kernel.join('x')} over ${spatial.join('x')}`, `opset ${opset}`, ...shown].join(', ');
}

test.each(CASES.map((entry) => [titleOf(entry), entry] as const))(
  'the first of many equal maxima takes all, window by window: %s', async (_, [spatial, opset, kernel, ...attributes]) => {
    const node = makeNode('MaxPool', ['x'], ['y'], [ints('kernel_shape', kernel), ...attributes]);
    const model = poolModel(node, opset, spatial, ElementType.FLOAT);
    const counts = concreteShape(inferShapes(model).get('y')?.shape?.slice(2) ?? [null]) ?? [];
    const derivative = differentiate(model, { of: 'y', at: ['x'] });
    for (const batch of [1, 2]) {
      const stream = randomStream(3, `${batch}`);
      // Few values, so that most windows tie; all negative, so that padding with zeros would win.
      const draw = (shape: readonly number[], shift: number): Values =>
        ({ shape, data: Float64Array.from({ length: sizeOf(shape) }, () => Math.round(stream.normal()) + shift) });
      const x = draw([batch, 3, ...spatial], -5);
      const dy = draw([batch, 3, ...counts], 0);
      const gradient = (await run(derivative.model, new Map([['x', x], [derivative.cotangent, dy]]), ['x/gradient'])).get('x/gradient');
      expect(gradient?.shape).toEqual(x.shape);
      // Whole numbers add up exactly in any order; adding 0 turns -0 into 0.
      expect([...gradient?.data ?? []].map((value) => value + 0)).toEqual(firstMaximumTakesAll(node, kernel, x, dy));
    }
  },
);

test('a pool of float64 is differentiated in float64', async () => {
  const kernel = [3, 3];
  const node = makeNode('MaxPool', ['x'], ['y'], [ints('kernel_shape', kernel), ints('strides', [2, 2])]);
  const derivative = differentiate(poolModel(node, 12, [5, 5], ElementType.DOUBLE), { of: 'y', at: ['x'] });
  const x = { shape: [1, 3, 5, 5], data: Float64Array.from({ length: 75 }, (_, i) => 1 + (i % 7) * 1e-12) };
  const dy = { shape: [1, 3, 2, 2], data: Float64Array.from({ length: 12 }, (_, i) => i + 1) };
  const gradient = (await run(derivative.model, new Map([['x', x], [derivative.cotangent, dy]]), ['x/gradient'])).get('x/gradient');
  expect([...gradient?.data ?? []].map((value) => value + 0)).toEqual(firstMaximumTakesAll(node, kernel, x, dy));
});
