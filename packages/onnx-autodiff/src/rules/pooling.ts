import {
  attributeInt, attributeInts, concreteShape, intAttribute, intsAttribute, windowGeometry, type WindowGeometry,
} from '@pellucid/onnx-graph';
import { expandAxes, keepWhere, knownShape, reduceSum, reshapeLike, runtimeShape, sliceAxes, type Emitter } from '../engine/emitter.ts';
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

/**
 * What a pool gave, cut to the number of its windows. With `ceil_mode` the runtime may count one window more when it loads a model than when it runs it,
 * and then finds that nothing fits to it.
 */
export function asCounted(emit: Emitter, y: string, counts: readonly number[], node: RuleContext['node']): string {
  if (attributeInt(node, 'ceil_mode', 0) === 0) return y;
  return sliceAxes(emit, y, counts.map((_, i) => i + 2), counts.map(() => 0), counts);
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

/** Spatial axes cut to the lengths that another tensor has when the model runs. */
export function cutLike(emit: Emitter, x: string, like: string): string {
  const rank = knownShape(emit, x).length;
  const axes = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  if (emit.opset < 10) return emit.fail('the spatial lengths of its input are not known', 'Export the model with fixed spatial lengths.');
  const ends = emit.op('Slice', [runtimeShape(emit, like), emit.integers([2]), emit.integers([rank]), emit.integers([0])]);
  return emit.op('Slice', [x, emit.integers(axes.map(() => 0)), ends, emit.integers(axes)]);
}

/** dy over the number of positions that each window averages, where lengths are known at run time alone: a convolution of ones counts them. */
function runtimeShares({ emit, node, dy, inputs: [x = ''] }: RuleContext, { kernel, strides, dilations, padsBegin, padsEnd }: WindowGeometry): string {
  const ceil = attributeInt(node, 'ceil_mode', 0) === 1;
  const size = kernel.reduce((product, length) => product * length, 1);
  const countsPadding = attributeInt(node, 'count_include_pad', 0) === 1;
  if (countsPadding && !ceil) return emit.op('Mul', [dy, emit.scalar(1 / size, dy)]);
  if (emit.opset < 11) return emit.fail('the spatial lengths of its input are not known', 'Export the model with fixed spatial lengths.');
  const rank = knownShape(emit, x).length;
  const space = emit.op('Slice', [runtimeShape(emit, x), emit.integers([2]), emit.integers([rank]), emit.integers([0])]);
  const ones = emit.op('Expand', [emit.scalar(1, x), emit.op('Concat', [emit.integers([1, 1]), space], [intAttribute('axis', 0)])]);
  const counted = countsPadding ? emit.op('Pad', [ones, emit.integers([0, 0, ...padsBegin, 0, 0, ...padsEnd]), emit.scalar(1, x)]) : ones;
  // What a window that hangs over the end reads there counts for nothing.
  const overhang = strides.map((stride) => (ceil ? stride - 1 : 0));
  const pads = countsPadding ? [...padsBegin.map(() => 0), ...overhang] : [...padsBegin, ...padsEnd.map((pad, i) => pad + overhang[i]!)];
  const taps = emit.constant([1, 1, ...kernel], Array.from({ length: size }, () => 1), x);
  const counts = emit.op('Conv', [counted, taps], [
    intsAttribute('kernel_shape', kernel), intsAttribute('strides', strides), intsAttribute('dilations', dilations), intsAttribute('pads', pads),
  ]);
  return emit.op('Div', [dy, ceil ? cutLike(emit, counts, dy) : counts]);
}

/** A tensor of channels as one of samples with a single channel; the lengths of space stay. */
export function asSamples(emit: Emitter, x: string): string {
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
  const lengths = concreteShape(knownShape(emit, x).slice(2));
  const channels = lengths
    ? emit.op('Reshape', [x, emit.integers([-1, lengths.reduce((product, length) => product * length, 1)])])
    : emit.op('Flatten', [emit.op('Reshape', [x, emit.integers([0, 0, -1])])], [intAttribute('axis', 2)]);
  const first = emit.op('ArgMax', [channels], [intAttribute('axis', 1), intAttribute('keepdims', 1)]);
  const chosen = emit.op('Equal', [first, positionsAlong(emit, channels, 1)]);
  const column = emit.op('Reshape', [dy, emit.integers([-1, 1])]);
  return [reshapeLike(emit, keepWhere(emit, chosen, column), x)];
};
