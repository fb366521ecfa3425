import {
  attributeInt, attributeInts, concreteShape, intAttribute, windowGeometry, type WindowGeometry,
} from '@pellucid/onnx-graph';
import { expandAxes, knownShape, reshapeLike, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { transposedWindows } from './convolution.ts';

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

