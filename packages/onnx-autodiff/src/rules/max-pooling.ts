import {
  attributeInt, attributeString, concreteShape, intAttribute, intsAttribute, type AttributeProto,
} from '@pellucid/onnx-graph';
import { addAll, equal, multiplyMask, padZeros, sliceAxes, unsqueeze, zerosLike, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { isBlocked } from '../passes/blocked-layout.ts';
import { isSpreadChannelsLast, spreadChannelsLast } from '../passes/channels-last-pools.ts';
import { blockedMask, keepPositive } from '../passes/masks.ts';
import { isMaskedBehindPool } from '../passes/masks-behind-pools.ts';
import { notePool, poolMasks } from '../passes/pool-phases.ts';
import { padLowest } from './lowest-padding.ts';
import { maxPoolByIndices } from './max-pooling-by-indices.ts';
import { asCounted, poolGeometry, spatialLengths } from './pooling.ts';

/** The windows of a pool along one spatial axis: window o reads the positions o stride + tap dilation - padBegin. */
interface AxisWindows {
  /** Among the axes of the tensor. */
  readonly axis: number;
  readonly rank: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBegin: number;
  readonly padEnd: number;
  /** A last window may hang over the end. */
  readonly ceil: boolean;
  /** Positions of the input. */
  readonly length: number;
  /** Number of windows. */
  readonly count: number;
}

/** The position that a tap reads in window 0. */
const startOf = ({ dilation, padBegin }: AxisWindows, tap: number): number => tap * dilation - padBegin;

/** How far a tap of the last window reads behind the input. */
const overhangOf = (windows: AxisWindows, tap: number): number =>
  Math.max(0, (windows.count - 1) * windows.stride + startOf(windows, tap) + 1 - windows.length);

/** An attribute list or padding that is `value` at the windows' axis and `rest` elsewhere. */
const atAxis = ({ axis, rank }: AxisWindows, value: number, rest: number): number[] => Array.from({ length: rank }, (_, i) => (i === axis ? value : rest));

/** The maximum of each window along one axis. */
function maximaAlong(emit: Emitter, x: string, windows: AxisWindows): string {
  const spatial = (value: number, rest: number): number[] => atAxis(windows, value, rest).slice(2);
  const attributes: AttributeProto[] = [
    intsAttribute('kernel_shape', spatial(windows.kernel, 1)), intsAttribute('strides', spatial(windows.stride, 1)),
    intsAttribute('pads', [...spatial(windows.padBegin, 0), ...spatial(windows.padEnd, 0)]),
  ];
  // Neither is an attribute before opset 10.
  if (windows.dilation !== 1) attributes.push(intsAttribute('dilations', spatial(windows.dilation, 1)));
  if (windows.ceil) attributes.push(intAttribute('ceil_mode', 1));
  const maxima = emit.op('MaxPool', [x], attributes);
  return windows.ceil ? sliceAxes(emit, maxima, [windows.axis], [0], [windows.count]) : maxima;
}

/** Every stride-th position from `start` on. */
function everyStride(emit: Emitter, x: string, { axis, rank, stride }: AxisWindows, start: number, count: number): string {
  const end = start + (count - 1) * stride + 1;
  if (stride === 1) return sliceAxes(emit, x, [axis], [start], [end]);
  if (emit.opset >= 10) return emit.op('Slice', [x, emit.integers([start]), emit.integers([end]), emit.integers([axis]), emit.integers([stride])]);
  // Slice has no steps before opset 10, but a pooling with windows of one element has strides.
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  const window = [intsAttribute('kernel_shape', spatial.map(() => 1)), intsAttribute('strides', spatial.map((other) => (other === axis ? stride : 1)))];
  return emit.op('MaxPool', [sliceAxes(emit, x, [axis], [start], [end])], window);
}

/** What each window reads at a tap; the lowest number where that is padding, `null` where all of it is. */
function readTap(emit: Emitter, x: string, windows: AxisWindows, tap: number): string | null {
  const { stride, length, count } = windows;
  const start = startOf(windows, tap);
  const first = Math.max(0, Math.ceil(-start / stride));
  const last = Math.min(count - 1, Math.floor((length - 1 - start) / stride));
  if (last < first) return null;
  const inside = everyStride(emit, x, windows, start + first * stride, last - first + 1);
  return padLowest(emit, inside, [...atAxis(windows, first, 0), ...atAxis(windows, count - 1 - last, 0)]);
}

/**
 * The maximum of what each window reads up to a tap. Where no earlier tap held the maximum of the window it is as good as the tap's own value, and along
 * the last axis a pooling is several times faster than a slice with steps. `null` where its padding would be wider than its windows.
 */
function maximaUpTo(emit: Emitter, x: string, windows: AxisWindows, tap: number): string | null {
  const { axis, rank, stride, dilation, padBegin, length, count } = windows;
  const overhang = overhangOf(windows, tap);
  if (axis !== rank - 1 || stride === 1 || padBegin > tap || overhang > tap) return null;
  const maxima = maximaAlong(emit, x, { ...windows, kernel: tap + 1, padEnd: overhang, ceil: false });
  const made = Math.floor((length + padBegin + overhang - tap * dilation - 1) / stride) + 1;
  return made === count ? maxima : sliceAxes(emit, maxima, [axis], [0], [count]);
}

/**
 * As `readTap`, by a depthwise convolution that reads one position, and 0 where that is padding: for images of the blocked layout that are not negative, and
 * errors that are 0 where the maximum is. `null` where the runtime would count other windows.
 * @param factor - of what is read
 */
function pickTap(emit: Emitter, x: string, windows: AxisWindows, tap: number, factor: 1 | -1 = 1): string | null {
  const { stride, length, count } = windows;
  const start = Math.max(0, startOf(windows, tap));
  const [padBegin, padEnd] = [Math.max(0, -startOf(windows, tap)), overhangOf(windows, tap)];
  // A kernel that ends with zeros keeps further windows from fitting in.
  const kernel = Math.max(start + 1, length + padBegin + padEnd - count * stride + 1);
  if (Math.floor((length + padBegin + padEnd - kernel) / stride) + 1 !== count) return null;
  const channels = Number(emit.typeOf(x).shape?.[1]);
  const sizes = atAxis(windows, kernel, 1).slice(2);
  const only = emit.once(`only ${factor * (start + 1)} of ${sizes.join()} for ${channels}`, () =>
    emit.constant([channels, 1, ...sizes], Float32Array.from({ length: channels * kernel }, (_, i) => (i % kernel === start ? factor : 0)), x));
  return emit.op('Conv', [x, only], [
    intsAttribute('kernel_shape', sizes), intsAttribute('strides', atAxis(windows, stride, 1).slice(2)), intAttribute('group', channels),
    intsAttribute('pads', [...atAxis(windows, padBegin, 0).slice(2), ...atAxis(windows, padEnd, 0).slice(2)]),
  ]);
}

/**
 * 1 for the windows whose maximum is not at a tap, 0 for the others, in the blocked layout: the distance of the tap from the maximum, which the runtime adds
 * while it convolves, is 0 or positive. `null` as in `pickTap`.
 */
function passedMask(emit: Emitter, x: string, y: string, windows: AxisWindows, tap: number): string | null {
  const subtrahend = pickTap(emit, x, windows, tap, -1);
  return subtrahend === null ? null : blockedMask(emit, emit.op('Add', [subtrahend, y]));
}

/** dy of the windows whose maximum is not at a tap, 0 for the others. */
function passBy(emit: Emitter, x: string, y: string, dy: string, windows: AxisWindows, tap: number): string | null {
  const mask = passedMask(emit, x, y, windows, tap);
  return mask === null ? null : emit.op('Mul', [dy, mask]);
}

/** How the values at one tap of all windows are read, and what of dy a tap leaves to later ones where that is told at once. */
interface TapReader {
  readonly values: (x: string, windows: AxisWindows, tap: number) => string | null;
  readonly passed: (x: string, y: string, dy: string, windows: AxisWindows, tap: number) => string | null;
}

/** dy at the first tap of each window that holds the maximum, one tensor of the maxima's shape per tap; `null` where a tap never does. */
function sharesOfTaps(emit: Emitter, x: string, y: string, dy: string, windows: AxisWindows, read: TapReader): (string | null)[] {
  let left = dy;
  return Array.from({ length: windows.kernel }, (_, tap) => {
    // What no earlier tap took goes to the last one, which needs no comparison.
    if (tap === windows.kernel - 1) return left;
    const before = left;
    const passed = read.passed(x, y, before, windows, tap);
    if (passed !== null) {
      left = passed;
      return emit.op('Sub', [before, passed]);
    }
    const values = maximaUpTo(emit, x, windows, tap) ?? read.values(x, windows, tap);
    if (values === null) return null;
    const share = multiplyMask(emit, equal(emit, values, y), before);
    left = emit.op('Sub', [before, share]);
    return share;
  });
}

/**
 * Shares summed at the positions that they were read at. Positions of equal remainder modulo the stride are one phase, within which shares are only
 * shifted against each other; phases are interleaved by a concatenation, which moves memory but computes nothing.
 */
function spreadShares(emit: Emitter, shares: readonly (string | null)[], windows: AxisWindows, lengths: readonly number[]): string {
  const { axis, rank, stride, length, count } = windows;
  const perPhase = Math.ceil(length / stride);
  const phases = Array.from({ length: stride }, (): string[] => []);
  for (const [tap, share] of shares.entries()) {
    if (share === null) continue;
    const shift = Math.floor(startOf(windows, tap) / stride);
    // Negative padding cuts what was read outside the input.
    const placed = padZeros(emit, share, [...atAxis(windows, shift, 0), ...atAxis(windows, perPhase - count - shift, 0)]);
    phases[startOf(windows, tap) - shift * stride]!.push(placed);
  }
  const [anything = ''] = phases.flat();
  const sums = phases.map((terms) => (terms.length === 0 ? zerosLike(emit, anything) : addAll(emit, terms)));
  if (stride === 1) return sums[0]!;
  // Positions of the axis behind this one may follow each other as they are; behind the last axis there is none.
  const parts = axis === rank - 1 ? sums.map((sum) => unsqueeze(emit, sum, [axis + 1])) : sums;
  const joined = emit.op('Concat', parts, [intAttribute('axis', axis + 1)]);
  const merged = lengths.map((other, i) => (i + 2 === axis ? perPhase * stride : other));
  const dx = emit.op('Reshape', [joined, emit.integers([0, 0, ...merged])]);
  return perPhase * stride === length ? dx : sliceAxes(emit, dx, [axis], [0], [length]);
}

/**
 * The same windows and as many more, of gradient 0, as make them cover the whole input: then the shares of a tap need no padding, which is slow along
 * the last axis.
 */
function coverInput(windows: AxisWindows): AxisWindows {
  const { kernel, stride, length, count } = windows;
  const covering = { ...windows, count: Math.ceil(length / stride), ceil: false };
  const padEnd = overhangOf(covering, kernel - 1);
  return stride > 1 && covering.count > count && padEnd < kernel ? { ...covering, padEnd } : windows;
}

/** The windows along each axis that has any of more than one element, first axis first. */
function windowsOf(context: RuleContext, lengths: readonly number[], counts: readonly number[]): AxisWindows[] {
  const { kernel, strides, dilations, padsBegin, padsEnd } = poolGeometry(context);
  const ceil = attributeInt(context.node, 'ceil_mode', 0) === 1 && !attributeString(context.node, 'auto_pad', 'NOTSET').startsWith('SAME');
  return kernel.map((size, i): AxisWindows => ({
    axis: i + 2, rank: kernel.length + 2, kernel: size, stride: strides[i]!, dilation: dilations[i]!, padBegin: padsBegin[i]!, padEnd: padsEnd[i]!, ceil,
    length: lengths[i]!, count: counts[i]!,
  })).filter(({ kernel: size, stride, length, count }) => size > 1 || stride > 1 || length !== count).map(coverInput);
}

/**
 * The first maximum of a window in row-major order takes all, as in PyTorch. A maximum over a box is one of maxima along single axes, and the first in
 * row-major order is the first along the first axis, then along the second: each axis is differentiated by itself, which compares
 * k1 + k2 times where the box has k1 k2 positions.
 */
export const maxPool: GradientRule = (context) => {
  const { emit, node, inputs: [x = ''], outputs: [given = ''] } = context;
  const blocked = isMaskedBehindPool(emit, x) && isBlocked(emit, x);
  const masks = blocked ? poolMasks(context) : null;
  const dy = isMaskedBehindPool(emit, x) ? keepPositive(emit, given, context.dy) : context.dy;
  if ([x, given].some((name) => concreteShape(emit.typeOf(name).shape?.slice(2) ?? null) === null)) return maxPoolByIndices({ ...context, dy });
  const counts = [...spatialLengths(emit, given)];
  const y = asCounted(emit, given, counts, node);
  const windows = windowsOf(context, spatialLengths(emit, x), counts);
  const more = counts.map(() => 0);
  for (const { axis, count } of windows) more[axis - 2] = count - counts[axis - 2]!;
  const pads = [0, 0, ...counts.map(() => 0), 0, 0, ...more];
  // From x to y, last axis first: before each axis is pooled, and after all.
  const stages = [x];
  for (const [i, axisWindows] of windows.toReversed().entries()) {
    stages.unshift(i === windows.length - 1 ? padZeros(emit, y, pads) : maximaAlong(emit, stages[0]!, axisWindows));
  }
  const picks = blocked && emit.uses('pool-picks');
  // Maxima that are padded or cut are not in the blocked layout.
  const distances = blocked && emit.uses('pool-distances') && y === given && more.every((count) => count === 0);
  if (distances && masks === null && isSpreadChannelsLast(emit, x, windows)) {
    return [spreadChannelsLast(emit, y, context.dy, windows, (i, tap) => passedMask(emit, stages[i + 1]!, stages[i]!, windows[i]!, tap))];
  }
  const read: TapReader = {
    values: (values, axis, tap) => (picks ? pickTap(emit, values, axis, tap) : null) ?? readTap(emit, values, axis, tap),
    passed: (values, maxima, left, axis, tap) => (distances ? passBy(emit, values, maxima, left, axis, tap) : null),
  };
  const reached = counts.map((count, i) => count + more[i]!);
  let gradient = padZeros(emit, dy, pads);
  for (const [i, axisWindows] of windows.entries()) {
    const shares = sharesOfTaps(emit, stages[i + 1]!, stages[i]!, gradient, axisWindows, read);
    gradient = spreadShares(emit, shares, axisWindows, reached);
    reached[axisWindows.axis - 2] = axisWindows.length;
  }
  if (masks !== null) notePool(emit, gradient, dy, masks);
  return [gradient];
};
