import { concreteShape, intAttribute, intsAttribute, type WindowGeometry } from '@pellucid/onnx-graph';
import { knownShape, padZeros, reduceSum, unsqueeze, type Emitter } from '../engine/emitter.ts';

/** The convolution whose gradient at weights [O, C/g, k...] is asked for: `data` [N, C, ...], and `error` [N, O, ...], the gradient at its result. */
export interface WeightGradient {
  readonly data: string;
  readonly error: string;
  readonly geometry: Omit<WindowGeometry, 'output'>;
  readonly groups: number;
}

/** Kernels with more taps would make graphs of hundreds of nodes. */
const MOST_TAPS = 64;

/** Lengths of both operands, all but the batch's. */
interface Lengths {
  readonly channels: number;
  readonly outputs: number;
  readonly read: readonly number[];
  readonly positions: readonly number[];
}

function lengthsOf(emit: Emitter, data: string, error: string): Lengths | null {
  const [from, to] = [data, error].map((name) => concreteShape(knownShape(emit, name).slice(1)));
  if (!from || !to) return null;
  const [channels = 0, ...read] = from;
  const [outputs = 0, ...positions] = to;
  return { channels, outputs, read, positions };
}

const product = (lengths: readonly number[]): number => lengths.reduce((all, length) => all * length, 1);

/** Every tap of a kernel, row by row. */
function tapsOf(kernel: readonly number[]): readonly (readonly number[])[] {
  return kernel.reduce<readonly (readonly number[])[]>((taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, i) => [...tap, i])), [[]]);
}

/** Where samples lie while the product over positions is taken: each for itself, to be added up behind it, or in a row with the positions. */
interface Arrangement {
  readonly place: (name: string) => string;
  /** Axes [.., channels of a group, positions]. */
  readonly rows: (name: string, channels: number) => string;
  readonly addUp: (products: string) => string;
}

/** One product per sample: parallel, but each as large as the weights. */
function apart(emit: Emitter, groups: number, positions: number): Arrangement {
  return {
    place: (name) => name,
    rows: (name, channels) => emit.op('Reshape', [name, emit.integers([0, groups, channels / groups, positions])]),
    addUp: (products) => reduceSum(emit, products, [0], false),
  };
}

/** One product over the positions of all samples. */
function joined(emit: Emitter, groups: number, rank: number): Arrangement {
  const order = [1, 0, ...Array.from({ length: rank }, (_, i) => i + 2)];
  return {
    place: (name) => emit.op('Transpose', [name], [intsAttribute('perm', order)]),
    rows: (name, channels) => emit.op('Reshape', [name, emit.integers([groups, channels / groups, -1])]),
    addUp: (products) => products,
  };
}

/**
 * The gradient at the weights of a convolution as one matrix product per tap of the kernel: the errors times what the tap read. As a convolution whose
 * kernel is the whole error it takes two to four times as long. `null` where lengths are not known, or the kernel is large.
 */
export function weightGradientByTaps(emit: Emitter, { data, error, geometry, groups }: WeightGradient): string | null {
  const { kernel, strides, dilations, padsBegin, padsEnd } = geometry;
  const lengths = lengthsOf(emit, data, error);
  // Slices with steps came with opset 10.
  if (!emit.uses('weight-gradients-by-taps') || !lengths || emit.opset < 10 || product(kernel) > MOST_TAPS) return null;
  const { channels, outputs, read, positions } = lengths;
  const weights = outputs * (channels / groups) * product(kernel);
  const arrange = weights > product(positions) * (channels + outputs) ? joined(emit, groups, kernel.length) : apart(emit, groups, product(positions));
  // The last window may hang over the end, as `ceil_mode` allows.
  const missing = kernel.map((size, i) =>
    Math.max(0, (size - 1) * dilations[i]! + (positions[i]! - 1) * strides[i]! + 1 - read[i]! - padsBegin[i]! - padsEnd[i]!));
  const padded = padZeros(emit, arrange.place(data), [0, 0, ...padsBegin, 0, 0, ...padsEnd.map((pad, i) => pad + missing[i]!)]);
  const errors = arrange.rows(arrange.place(error), outputs);
  const axes = emit.integers(kernel.map((_, i) => i + 2));
  const products = tapsOf(kernel).map((tap) => {
    const starts = tap.map((at, i) => at * dilations[i]!);
    const ends = starts.map((start, i) => start + (positions[i]! - 1) * strides[i]! + 1);
    const seen = arrange.rows(emit.op('Slice', [padded, emit.integers(starts), emit.integers(ends), axes, emit.integers(strides)]), channels);
    const axisCount = knownShape(emit, seen).length;
    const turned = emit.op('Transpose', [seen], [intsAttribute('perm', [...Array.from({ length: axisCount - 2 }, (_, i) => i), axisCount - 1, axisCount - 2])]);
    return unsqueeze(emit, emit.op('MatMul', [errors, turned]), [axisCount]);
  });
  const [only = ''] = products;
  const all = products.length === 1 ? only : emit.op('Concat', products, [intAttribute('axis', knownShape(emit, only).length - 1)]);
  return emit.op('Reshape', [arrange.addUp(all), emit.integers([outputs, channels / groups, ...kernel])]);
}
