import {
  attributeInt, attributeInts, concreteShape, ElementType, floatAttribute, intAttribute, intsAttribute, windowGeometry, type WindowGeometry,
} from '@pellucid/onnx-graph';
import { equal, expandAxes, keepWhere, knownShape, padZeros, reshapeLike, sliceAxes, unsqueeze, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { transposedWindows } from './convolution.ts';

function poolGeometry({ emit, node, inputs: [x = ''] }: RuleContext): WindowGeometry {
  const kernel = attributeInts(node, 'kernel_shape', null) ?? emit.fail('it has no `kernel_shape`');
  return windowGeometry({ node }, knownShape(emit, x).slice(2), kernel)
    ?? emit.fail('`auto_pad` depends on lengths that are not known', 'Export the model with fixed spatial lengths.');
}

/** Every channel of every sample as a sample of its own: [N C, channels, ...spatial]. */
function perChannel(emit: Emitter, x: string, channels: number, spatial: readonly number[]): string {
  return emit.op('Reshape', [x, emit.integers([-1, channels, ...spatial])]);
}

function spatialLengths(emit: Emitter, name: string): readonly number[] {
  return concreteShape(knownShape(emit, name).slice(2))
    ?? emit.fail('the spatial lengths of its input are not known', 'Export the model with fixed spatial lengths.');
}

/** Offsets of a kernel in row-major order. */
function offsetsOf(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>((offsets, size) => offsets.flatMap((offset) => Array.from({ length: size }, (_, i) => [...offset, i])), [[]]);
}

/** Every stride-th position along the spatial axes. */
function everyStride(emit: Emitter, x: string, start: readonly number[], count: readonly number[], strides: readonly number[]): string {
  const axes = start.map((_, i) => i + 2);
  const ends = start.map((from, i) => from + (count[i]! - 1) * strides[i]! + 1);
  if (emit.opset >= 10) {
    return emit.op('Slice', [x, emit.integers(start), emit.integers(ends), emit.integers(axes), emit.integers(strides)]);
  }
  // Slice has no steps before opset 10, but a pooling with windows of one element has strides.
  const window = [intsAttribute('kernel_shape', start.map(() => 1)), intsAttribute('strides', strides)];
  return emit.op('MaxPool', [sliceAxes(emit, x, axes, start, ends)], window);
}

/** x with enough of the lowest number around it that every window lies inside. */
function padLowest(emit: Emitter, x: string, { padsBegin, strides, kernel, dilations, output }: WindowGeometry, lengths: readonly number[]): string {
  const ends = kernel.map((size, i) =>
    Math.max(0, (output[i]! - 1) * strides[i]! + (size - 1) * dilations[i]! + 1 - padsBegin[i]! - lengths[i]!));
  const pads = [0, 0, ...padsBegin, 0, 0, ...ends];
  if (pads.every((pad) => pad === 0)) return x;
  const lowest = emit.typeOf(x).elementType === Number(ElementType.FLOAT16) ? -65504 : -3.4028234663852886e38;
  if (emit.opset >= 11) return emit.op('Pad', [x, emit.integers(pads), emit.scalar(lowest, x)]);
  return emit.op('Pad', [x], [intsAttribute('pads', pads), floatAttribute('value', lowest)]);
}

/** dy at the first maximum of each window in row-major order, one tensor of the output's shape per offset of the kernel. */
function maximumShares(emit: Emitter, x: string, y: string, dy: string, geometry: WindowGeometry, lengths: readonly number[]): string[] {
  const { kernel, strides, dilations } = geometry;
  const counts = concreteShape(geometry.output) ?? emit.fail('the number of its windows is not known');
  const padded = padLowest(emit, x, geometry, lengths);
  const offsets = offsetsOf(kernel);
  let left = dy;
  return offsets.map((offset, i) => {
    // What no earlier position took goes to the last one, which needs no comparison.
    if (i === offsets.length - 1) return left;
    const start = offset.map((position, axis) => position * dilations[axis]!);
    const share = keepWhere(emit, equal(emit, everyStride(emit, padded, start, counts, strides), y), left);
    left = emit.op('Sub', [left, share]);
    return share;
  });
}

/** Shares of windows that tile the image, put side by side again; what the windows left out gets 0, what hangs over the end goes. */
function interleave(emit: Emitter, shares: readonly string[], block: number, lengths: readonly number[], counts: readonly number[]): string {
  const joined = emit.op('Concat', shares, [intAttribute('axis', 1)]);
  const spread = emit.op('DepthToSpace', [joined], [intAttribute('blocksize', block)]);
  return padZeros(emit, spread, [0, 0, 0, 0, 0, 0, ...lengths.map((length, i) => length - counts[i]! * block)]);
}

/** The first maximum of a window in row-major order takes all, as in PyTorch. */
export const maxPool: GradientRule = (context) => {
  const { emit, node, dy, inputs: [x = ''], outputs: [y = ''] } = context;
  if (attributeInt(node, 'storage_order', 0) === 1) return emit.fail('it counts in column-major order (`storage_order = 1`)');
  const geometry = poolGeometry(context);
  const lengths = spatialLengths(emit, x);
  const counts = spatialLengths(emit, y);
  const shares = maximumShares(emit, x, y, dy, geometry, lengths);
  const taps = shares.length;
  const [block = 0] = geometry.kernel;
  const tiles = geometry.kernel.length === 2
    && geometry.kernel.every((size, i) => size === block && geometry.strides[i] === block && geometry.dilations[i] === 1 && geometry.padsBegin[i] === 0);
  if (tiles) return [interleave(emit, shares, block, lengths, counts)];
  const joined = emit.op('Concat', shares.map((share) => unsqueeze(emit, share, [2])), [intAttribute('axis', 2)]);
  // Each share goes to its own position of the window: a transposed convolution whose weights are one-hot.
  const oneHot = emit.constant([taps, 1, ...geometry.kernel], Array.from({ length: taps * taps }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0)), x);
  const flatX = perChannel(emit, x, 1, lengths);
  return [reshapeLike(emit, transposedWindows(emit, perChannel(emit, joined, taps, counts), oneHot, flatX, geometry, 1), x)];
};

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

/** Each position of a window gets an equal share of dy. */
export const averagePool: GradientRule = (context) => {
  const { emit, node, dy, inputs: [x = ''], outputs: [y = ''] } = context;
  const geometry = poolGeometry(context);
  const lengths = spatialLengths(emit, x);
  const counts = spatialLengths(emit, y);
  const shares = emit.constant([1, 1, ...counts], windowShares(node, geometry, lengths), x);
  const scaled = perChannel(emit, emit.op('Mul', [dy, shares]), 1, counts);
  const ones = emit.constant([1, 1, ...geometry.kernel], geometry.kernel.reduce<number[]>((all, size) => all.flatMap((one) => Array.from({ length: size }, () => one)), [1]), x);
  return [reshapeLike(emit, transposedWindows(emit, scaled, ones, perChannel(emit, x, 1, lengths), geometry, 1), x)];
};

/** The same share of dy at every position. */
export const globalAveragePool: GradientRule = ({ emit, dy, inputs: [x = ''] }) => {
  const axes = knownShape(emit, x).map((_, axis) => axis).slice(2);
  const count = spatialLengths(emit, x).reduce((product, length) => product * length, 1);
  return [expandAxes(emit, emit.op('Mul', [dy, emit.scalar(1 / count, dy)]), x, axes)];
};

/** The first maximum of each channel in row-major order takes all. */
export const globalMaxPool: GradientRule = ({ emit, dy, inputs: [x = ''] }) => {
  const lengths = spatialLengths(emit, x);
  const count = lengths.reduce((product, length) => product * length, 1);
  const flat = emit.op('Reshape', [x, emit.integers([-1, count])]);
  if (emit.opset < 9) return emit.fail('before opset 9 there is no operator that spreads it back');
  const first = emit.op('ArgMax', [flat], [intAttribute('axis', 1), intAttribute('keepdims', 1)]);
  const positions = emit.integers(Array.from({ length: count }, (_, i) => i));
  const chosen = emit.op('Equal', [first, positions]);
  const column = emit.op('Reshape', [dy, emit.integers([-1, 1])]);
  return [reshapeLike(emit, emit.op('Where', [chosen, column, emit.scalar(0, dy)]), x)];
};

