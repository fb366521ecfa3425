import {
  attributeInt, attributeInts, concreteShape, intAttribute, windowGeometry, type WindowGeometry,
} from '@pellucid/onnx-graph';
import { expandAxes, knownShape, reduceSum, reshapeLike, runtimeShape, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { transposedWindows } from './convolution.ts';
import { positionsAlong } from './linear-maps.ts';

/** Where the windows of a pool lie. */
export function poolGeometry({ emit, node, inputs: [x = ''] }: RuleContext): WindowGeometry {
  const kernel = attributeInts(node, 'kernel_shape', null) ?? emit.fail('it has no `kernel_shape`');
  return windowGeometry({ node }, knownShape(emit, x).slice(2), kernel)
    ?? emit.fail('`auto_pad` depends on lengths that are not known', 'Export the model with fixed spatial lengths.');
}

/** Every channel of every sample as a sample of its own: [N C, channels, ...spatial]. */
export function perChannel(emit: Emitter, x: string, channels: number, spatial: readonly number[]): string {
  return emit.op('Reshape', [x, emit.integers([-1, channels, ...spatial])]);
}

/** The spatial lengths of a tensor [N, C, ...], or the end of the differentiation. */
export function spatialLengths(emit: Emitter, name: string): readonly number[] {
  return concreteShape(knownShape(emit, name).slice(2))
    ?? emit.fail('the spatial lengths of its input are not known', 'Export the model with fixed spatial lengths.');
}

/** 1 / (positions that a window averages), per axis product; padding counts or does not. */
function windowShares(node: RuleContext['node'], geometry: WindowGeometry, lengths: readonly number[]): number[] {
  const { kernel, strides, dilations, padsBegin, padsEnd, output } = geometry;
  const countsPadding = attributeInt(node, 'count_include_pad', 0) === 1;
  return kernel.reduce<number[]>((shares, size, axis) => {
    const low = countsPadding ? -padsBegin[axis]! : 0;
    const high = lengths[axis]! + (countsPadding ? padsEnd[axis]! : 0);
    const perWindow = Array.from({ length: output[axis] ?? 0 }, (_, window) => {
      const positions = Array.from({ length: size }, (__, tap) => window * strides[axis]! - padsBegin[axis]! + tap * dilations[axis]!);
      return 1 / positions.filter((position) => position >= low && position < high).length;
    });
    return shares.flatMap((share) => perWindow.map((other) => share * other));
  }, [1]);
}

/** dy over the number of positions that each window averages, where lengths are known at run time alone. */
function runtimeShares({ emit, node, dy, inputs: [x = ''] }: RuleContext, geometry: WindowGeometry): string {
  if (attributeInt(node, 'ceil_mode', 0) === 1) return emit.fail('`ceil_mode` depends on lengths that are not known', 'Export the model with fixed spatial lengths.');
  const size = geometry.kernel.reduce((product, length) => product * length, 1);
  if (attributeInt(node, 'count_include_pad', 0) === 1) return emit.op('Mul', [dy, emit.scalar(1 / size, dy)]);
  // Averages of ones, padding counted as zeros, tell what part of each window is read.
  const ones = emit.op('Expand', [emit.scalar(1, x), runtimeShape(emit, x)]);
  const others = node.attribute.filter(({ name }) => name !== 'count_include_pad');
  const read = emit.op('AveragePool', [ones], [...others, intAttribute('count_include_pad', 1)]);
  return emit.op('Div', [dy, emit.op('Mul', [read, emit.scalar(size, x)])]);
}

/** A tensor of channels as one of samples with a single channel; the lengths of space stay. */
function asSamples(emit: Emitter, x: string): string {
  const lengths = concreteShape(knownShape(emit, x).slice(2));
  if (lengths) return perChannel(emit, x, 1, lengths);
  if (emit.opset < 10) return emit.fail('the spatial lengths of its input are not known', 'Export the model with fixed spatial lengths.');
  const space = emit.op('Slice', [runtimeShape(emit, x), emit.integers([2]), emit.integers([knownShape(emit, x).length]), emit.integers([0])]);
  return emit.op('Reshape', [x, emit.op('Concat', [emit.integers([-1, 1]), space], [intAttribute('axis', 0)])]);
}

/** Each position of a window gets an equal share of dy. */
export const averagePool: GradientRule = (context) => {
  const { emit, node, dy, inputs: [x = ''], outputs: [y = ''] } = context;
  const geometry = poolGeometry(context);
  const lengths = concreteShape(knownShape(emit, x).slice(2));
  const share = lengths
    ? emit.op('Mul', [dy, emit.constant([1, 1, ...spatialLengths(emit, y)], windowShares(node, geometry, lengths), x)])
    : runtimeShares(context, geometry);
  const ones = emit.constant([1, 1, ...geometry.kernel], Array.from({ length: geometry.kernel.reduce((product, size) => product * size, 1) }, () => 1), x);
  return [reshapeLike(emit, transposedWindows(emit, asSamples(emit, share), ones, asSamples(emit, x), geometry, 1), x)];
};

/** The same share of dy at every position. */
export const globalAveragePool: GradientRule = ({ emit, dy, inputs: [x = ''] }) => {
  const axes = [...knownShape(emit, x).keys()].slice(2);
  const lengths = concreteShape(knownShape(emit, x).slice(2));
  if (!lengths) {
    const ones = emit.op('Expand', [emit.scalar(1, x), runtimeShape(emit, x)]);
    return [emit.op('Mul', [ones, emit.op('Div', [dy, reduceSum(emit, ones, axes, true)])])];
  }
  const count = lengths.reduce((product, length) => product * length, 1);
  return [expandAxes(emit, emit.op('Mul', [dy, emit.scalar(1 / count, dy)]), x, axes)];
};

/** The first maximum of each channel in row-major order takes all. */
export const globalMaxPool: GradientRule = ({ emit, dy, inputs: [x = ''] }) => {
  if (emit.opset < 9) return emit.fail('before opset 9 there is no operator that spreads it back');
  const lengths = concreteShape(knownShape(emit, x).slice(2));
  const channels = lengths
    ? emit.op('Reshape', [x, emit.integers([-1, lengths.reduce((product, length) => product * length, 1)])])
    : emit.op('Flatten', [emit.op('Reshape', [x, emit.integers([0, 0, -1])])], [intAttribute('axis', 2)]);
  const first = emit.op('ArgMax', [channels], [intAttribute('axis', 1), intAttribute('keepdims', 1)]);
  const chosen = emit.op('Equal', [first, positionsAlong(emit, channels, 1)]);
  const column = emit.op('Reshape', [dy, emit.integers([-1, 1])]);
  return [reshapeLike(emit, emit.op('Where', [chosen, column, emit.scalar(0, dy)]), x)];
};
