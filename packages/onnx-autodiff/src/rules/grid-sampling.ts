import { attributeInt, attributeString, concreteShape, intAttribute } from '@pellucid/onnx-graph';
import { knownShape, reduceSum, type Emitter } from '../engine/emitter.ts';
import type { Composition } from './composition.ts';
import { lengthOf } from './linear-maps.ts';

/** Which elements along one axis a place reads, and what each weighs there: both [N, places, taps]. */
interface Taps {
  /** Whole numbers, in the range of the axis. */
  readonly positions: string;
  readonly weights: string;
  readonly count: number;
}

/** Length of an axis as a number of the element type of `like`. */
function extent(emit: Emitter, x: string, axis: number, like: string): string {
  const length = knownShape(emit, x)[axis];
  if (typeof length === 'number') return emit.scalar(length, like);
  return emit.op('Cast', [lengthOf(emit, x, axis)], [intAttribute('to', emit.typeOf(like).elementType)]);
}

/** From -1 ... 1 to positions: the ends are the centres of the outer elements, or their outer borders. */
function toPositions(emit: Emitter, place: string, length: string, alignsCorners: boolean): string {
  const [one, two] = [emit.scalar(1, place), emit.scalar(2, place)];
  const shifted = emit.op('Add', [place, one]);
  if (alignsCorners) return emit.op('Mul', [emit.op('Div', [shifted, two]), emit.op('Sub', [length, one])]);
  return emit.op('Div', [emit.op('Sub', [emit.op('Mul', [shifted, length]), one]), two]);
}

/** Whole positions mirrored into the axis, at its outer elements or at their outer borders, as often as it takes. */
function reflect(emit: Emitter, positions: string, length: string, alignsCorners: boolean): string {
  const [one, two, half] = [emit.scalar(1, positions), emit.scalar(2, positions), emit.scalar(0.5, positions)];
  const from = (value: string): string => (alignsCorners ? value : emit.op('Add', [value, half]));
  const range = alignsCorners ? emit.op('Sub', [length, one]) : length;
  const distance = emit.op('Abs', [from(positions)]);
  const there = emit.op('Mul', [range, two]);
  // An axis of one element has no range of its own.
  const period = emit.op('Max', [there, one]);
  const rest = emit.op('Sub', [distance, emit.op('Mul', [period, emit.op('Floor', [emit.op('Div', [distance, period])])])]);
  const mirrored = emit.op('Min', [rest, emit.op('Sub', [there, rest])]);
  return alignsCorners ? mirrored : emit.op('Sub', [mirrored, half]);
}

/** The kernel of Keys (1981) with a = -0.75, for the elements at -1, 0, 1 and 2 from the one before a place that lies `rest` behind it. */
function cubicWeights(emit: Emitter, rest: string): readonly string[] {
  const a = -0.75;
  const number = (value: number): string => emit.scalar(value, rest);
  const times = (x: string, y: string): string => emit.op('Mul', [x, y]);
  const plus = (x: string, value: number): string => emit.op('Add', [x, number(value)]);
  const far = (x: string): string => plus(times(plus(times(plus(times(number(a), x), -5 * a), x), 8 * a), x), -4 * a);
  const near = (x: string): string => plus(times(times(plus(times(number(a + 2), x), -(a + 3)), x), x), 1);
  const back = emit.op('Sub', [number(1), rest]);
  return [far(plus(rest, 1)), near(rest), near(back), far(plus(back, 1))];
}

/** Weights of the elements around a place that lies `rest` behind the first of the inner ones, and where they lie. */
function kernel(emit: Emitter, mode: string, rest: string): { readonly weights: readonly string[]; readonly offsets: readonly number[] } {
  if (mode === 'linear') return { weights: [emit.op('Sub', [emit.scalar(1, rest), rest]), rest], offsets: [0, 1] };
  return { weights: cubicWeights(emit, rest), offsets: [-1, 0, 1, 2] };
}

interface Sampling {
  readonly mode: string;
  readonly padding: string;
  readonly alignsCorners: boolean;
}

/** @param place - along this axis, [N, places, 1], from -1 to 1 */
function tapsAlong(emit: Emitter, x: string, axis: number, place: string, { mode, padding, alignsCorners }: Sampling): Taps {
  const length = extent(emit, x, axis, place);
  const at = toPositions(emit, place, length, alignsCorners);
  const first = emit.op(mode === 'nearest' ? 'Round' : 'Floor', [at]);
  const { weights, offsets } = mode === 'nearest' ? { weights: [], offsets: [0] } : kernel(emit, mode, emit.op('Sub', [at, first]));
  const read = emit.op('Add', [first, emit.constant([offsets.length], offsets, place)]);
  const last = emit.op('Sub', [length, emit.scalar(1, place)]);
  const inside = padding === 'reflection' ? reflect(emit, read, length, alignsCorners) : read;
  const positions = emit.op('Min', [emit.op('Max', [inside, emit.scalar(0, place)]), last]);
  const one = emit.scalar(1, place);
  const weighed = weights.length > 0 ? emit.op('Concat', weights, [intAttribute('axis', 2)]) : emit.op('Add', [emit.op('Mul', [read, emit.scalar(0, place)]), one]);
  if (padding !== 'zeros') return { positions, weights: weighed, count: offsets.length };
  const isThere = emit.op('Cast', [emit.op('Equal', [read, positions])], [intAttribute('to', emit.typeOf(place).elementType)]);
  return { positions, weights: emit.op('Mul', [weighed, isThere]), count: offsets.length };
}

/** Taps of all axes together: [N, places, taps of the first, taps of the second, ...] as [N, places, taps]. */
function joinTaps(emit: Emitter, x: string, taps: readonly Taps[]): Taps {
  const axes = taps.length;
  const spread = (name: string, axis: number): string => emit.op('Reshape', [name, emit.integers([0, 0, ...taps.map(({ count }, i) => (i === axis ? count : 1))])]);
  const all = taps.reduce((product, { count }) => product * count, 1);
  let [positions, weights] = [spread(taps[0]!.positions, 0), spread(taps[0]!.weights, 0)];
  for (let axis = 1; axis < axes; axis++) {
    positions = emit.op('Add', [emit.op('Mul', [positions, extent(emit, x, axis + 2, positions)]), spread(taps[axis]!.positions, axis)]);
    weights = emit.op('Mul', [weights, spread(taps[axis]!.weights, axis)]);
  }
  const flat = (name: string): string => emit.op('Reshape', [name, emit.integers([0, -1, all])]);
  return { positions: flat(positions), weights: flat(weights), count: all };
}

/** An int64 list of lengths, stored where all are known. */
function lengthList(emit: Emitter, parts: readonly string[]): string {
  const known = concreteShape(parts.flatMap((part) => emit.typeOf(part).values ?? [null]));
  return known ? emit.integers(known) : emit.op('Concat', parts, [intAttribute('axis', 0)]);
}

/**
 * Values of images [N, C, ...] at the places of a grid [N, ..., axes], written out: the elements around each place are gathered and weighed. As in ONNX
 * Runtime, padding is of the elements, not of the place.
 */
export const gridSample: Composition = (emit, { node, inputs: [x = '', grid = ''] }) => {
  const axes = knownShape(emit, x).length - 2;
  if (axes < 1) return emit.fail('its input is no batch of images');
  const mode = attributeString(node, 'mode', 'linear').replace(/^bi/, '');
  const sampling: Sampling = { mode, padding: attributeString(node, 'padding_mode', 'zeros'), alignsCorners: attributeInt(node, 'align_corners', 0) === 1 };
  const places = emit.op('Reshape', [grid, emit.integers([0, -1, axes])]);
  const along = (axis: number): string => emit.op('Gather', [places, emit.integers([axes - 1 - axis])], [intAttribute('axis', 2)]);
  // The last number of a place is its position along the first axis.
  const taps = joinTaps(emit, x, Array.from({ length: axes }, (_, axis) => tapsAlong(emit, x, axis + 2, along(axis), sampling)));

  const row = emit.op('Reshape', [emit.op('Cast', [taps.positions], [intAttribute('to', 7)]), emit.integers([0, 1, -1])]);
  const rows = emit.op('Expand', [row, lengthList(emit, [emit.integers([1]), lengthOf(emit, x, 1), emit.integers([1])])]);
  const read = emit.op('GatherElements', [emit.op('Reshape', [x, emit.integers([0, 0, -1])]), rows], [intAttribute('axis', 2)]);
  const { elementType } = emit.typeOf(x);
  const weights = emit.typeOf(grid).elementType === elementType ? taps.weights : emit.op('Cast', [taps.weights], [intAttribute('to', elementType)]);
  const weighed = emit.op('Mul', [
    emit.op('Reshape', [read, emit.integers([0, 0, -1, taps.count])]), emit.op('Reshape', [weights, emit.integers([0, 1, -1, taps.count])]),
  ]);
  const lengths = Array.from({ length: axes }, (_, i) => lengthOf(emit, grid, i + 1));
  return [emit.op('Reshape', [reduceSum(emit, weighed, [3], false), lengthList(emit, [emit.integers([0, 0]), ...lengths])])];
};
