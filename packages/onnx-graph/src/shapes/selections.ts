import { attributeInt, attributeInts, attributeString } from '../node/attributes.ts';
import { elementTypeOf, inputNumbers, inputValues, likeFirst, listOf, MOST_VALUES, type ShapeRule } from './context.ts';
import { broadcastShapes, concreteShape, divideDimensions, multiplyDimensions, normalAxis } from './dimension.ts';
import { pickValues } from './pick-values.ts';
import type { Dimension, TensorType } from './tensor-type.ts';

/** Joined along one axis; short one-dimensional contents are joined too. */
export const concat: ShapeRule = (context) => {
  const { node, inputs } = context;
  const first = inputs.find((input) => input?.shape)?.shape;
  if (!first || inputs.some((input) => !input?.shape)) return likeFirst(context, null);
  const joined = normalAxis(attributeInt(node, 'axis', 1), first.length);
  const shape = first.map((_, axis): Dimension => {
    const lengths = inputs.map((input) => input?.shape?.[axis] ?? null);
    if (axis !== joined) return lengths.find((length) => typeof length === 'number') ?? lengths.find((length) => length !== null) ?? null;
    if (lengths.length === 1) return lengths[0] ?? null;
    return lengths.every((length) => typeof length === 'number') ? lengths.reduce((sum, length) => sum + length, 0) : null;
  });
  const values = first.length === 1 ? inputs.map((_, i) => inputValues(context, i)) : [null];
  const known = values.every((value) => value !== null) ? values.flat() : undefined;
  return [{ elementType: elementTypeOf(context, 0), shape, values: known }];
};

/** Lengths of the parts of a Split; `null` when unknown. */
export function splitLengths(context: Parameters<ShapeRule>[0], length: Dimension): readonly Dimension[] | null {
  const parts = context.node.output.length;
  const given = listOf(context, 'split', 1);
  if (given !== undefined) return given;
  if (typeof length !== 'number') return Array.from({ length: parts }, () => divideDimensions(length, parts));
  const chunk = Math.ceil(length / parts);
  return Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(chunk, length - i * chunk)));
}

/** Cut along one axis. */
export const split: ShapeRule = (context) => {
  const [x] = context.inputs;
  if (!x?.shape) return context.node.output.map(() => ({ elementType: elementTypeOf(context, 0), shape: null }));
  const { shape, values } = x;
  const cut = normalAxis(attributeInt(context.node, 'axis', 0), shape.length);
  const lengths = splitLengths(context, shape[cut] ?? null);
  let from = 0;
  return context.node.output.map((_, i) => {
    const length = lengths?.[i] ?? null;
    const part = values && shape.length === 1 && typeof length === 'number' ? values.slice(from, from + length) : undefined;
    if (typeof length === 'number') from += length;
    return { elementType: x.elementType, shape: shape.map((whole, axis) => (axis === cut ? length : whole)), values: part };
  });
};

/** Start, end and step of a slice along one axis of known length, clamped as ONNX states. */
export function clampSlice(length: number, start: number, end: number, step: number): { start: number; end: number; count: number } {
  const wrap = (position: number): number => (position < 0 ? position + length : position);
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? length : length - 1;
  const from = Math.min(Math.max(wrap(start), step > 0 ? 0 : low), high);
  const to = Math.min(Math.max(wrap(end), low), high);
  const first = step < 0 && from < 0 ? 0 : from;
  return { start: first, end: to, count: Math.max(0, Math.ceil((to - first) / step)) };
}

function slicedLength(length: Dimension, start: Dimension, end: Dimension, step: number | null): Dimension {
  if (typeof start !== 'number' || step === null) return null;
  if (typeof length === 'number' && typeof end === 'number') return clampSlice(length, start, end, step).count;
  // A slice over all of a free axis leaves it whole.
  const whole = start === 0 && step === 1 && (end === length || (typeof end === 'number' && end >= 2 ** 31 - 1));
  if (whole) return length;
  // No free axis is empty: it has a first and a last element.
  const only = step === 1 && ((start === 0 && end === 1) || (start === -1 && typeof end === 'number' && end >= 2 ** 31 - 1));
  return only ? 1 : null;
}

/** Axes that a slice touches, with its bounds: attributes before opset 10, inputs since. `null` bounds are unknown. */
export function sliceBounds(context: Parameters<ShapeRule>[0], rank: number):
{ axes: readonly number[]; starts: readonly Dimension[]; ends: readonly Dimension[]; steps: readonly number[] | null } | null {
  const { node } = context;
  const starts = attributeInts(node, 'starts', null) ?? inputValues(context, 1);
  const ends = attributeInts(node, 'ends', null) ?? inputValues(context, 2);
  const count = starts?.length ?? ends?.length;
  if (count === undefined) return null;
  const axes = listOf(context, 'axes', 3) ?? (context.inputs[3] ? null : Array.from({ length: count }, (_, i) => i));
  const steps = context.inputs[4] ? inputNumbers(context, 4) : Array.from({ length: count }, () => 1);
  if (!axes) return null;
  const unknown = axes.map(() => null);
  return { axes: axes.map((axis) => normalAxis(axis, rank)), starts: starts ?? unknown, ends: ends ?? unknown, steps };
}

/** Cut out of some axes. */
export const slice: ShapeRule = (context) => {
  const [x] = context.inputs;
  const shape = x?.shape;
  const bounds = shape ? sliceBounds(context, shape.length) : null;
  if (!shape || !bounds) return likeFirst(context, shape?.map(() => null) ?? null);
  const { axes, starts, ends, steps } = bounds;
  const lengths = [...shape];
  for (const [i, axis] of axes.entries()) lengths[axis] = slicedLength(shape[axis] ?? null, starts[i] ?? null, ends[i] ?? null, steps?.[i] ?? null);
  const origins = shape.map(() => ({ start: 0, step: 1 }));
  for (const [i, axis] of axes.entries()) {
    const [length, start, end, step] = [shape[axis], starts[i], ends[i], steps?.[i]];
    if (typeof length === 'number' && typeof start === 'number' && typeof end === 'number' && step !== undefined) {
      origins[axis] = { start: clampSlice(length, start, end, step).start, step };
    }
  }
  const values = pickValues(x, lengths, (position) => position.map((at, axis) => (origins[axis]?.start ?? 0) + at * (origins[axis]?.step ?? 1)));
  return [{ elementType: x.elementType, shape: lengths, values }];
};

/** Rows of the first input, chosen by the second. */
export const gather: ShapeRule = (context) => {
  const [x, indices] = context.inputs;
  if (!x?.shape || !indices?.shape) return likeFirst(context, null);
  const axis = normalAxis(attributeInt(context.node, 'axis', 0), x.shape.length);
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const chosen = inputNumbers(context, 1);
  const { values } = x;
  const picked = values && x.shape.length === 1 && chosen
    ? chosen.map((index) => values[normalAxis(index, values.length)] ?? null)
    : undefined;
  return [{ elementType: x.elementType, shape, values: picked }];
};

/** Takes the shape of the second input. */
export const likeIndices: ShapeRule = (context) => likeFirst(context, context.inputs[1]?.shape ?? null);

/** Broadcast to a given shape. */
export const expand: ShapeRule = (context) => {
  const target = inputValues(context, 1);
  const [x] = context.inputs;
  const shape = target ? broadcastShapes([x?.shape, target]) : null;
  const lengths = concreteShape(shape);
  const size = lengths?.reduce((product, length) => product * length, 1) ?? Infinity;
  const only = x?.values?.length === 1 && size <= MOST_VALUES ? x.values[0] : undefined;
  const values = only === undefined ? undefined : Array.from({ length: size }, () => only);
  return [{ elementType: elementTypeOf(context, 0), shape, values }];
};

/** Repeated along each axis. */
export const tile: ShapeRule = (context) => {
  const shape = context.inputs[0]?.shape;
  const repeats = inputValues(context, 1);
  return likeFirst(context, shape?.map((length, axis) => multiplyDimensions([length, repeats?.[axis] ?? null])) ?? null);
};

/** Longer by the padding at both ends. */
export const pad: ShapeRule = (context) => {
  const shape = context.inputs[0]?.shape;
  if (!shape) return likeFirst(context, null);
  const pads = listOf(context, 'pads', 1);
  const axes = context.inputs[3] ? inputNumbers(context, 3) : shape.map((_, axis) => axis);
  const padded = shape.map((length, axis): Dimension => {
    const at = axes?.findIndex((candidate) => normalAxis(candidate, shape.length) === axis) ?? -1;
    if (!pads || !axes) return null;
    const more = at < 0 ? 0 : pads[at]! + pads[at + axes.length]!;
    if (more === 0) return length;
    return typeof length === 'number' ? length + more : null;
  });
  return likeFirst(context, padded);
};

/** The one scale of all axes that keeps the aspect ratio: the least or the greatest of those that `sizes` asks for. */
function commonScale(shape: readonly Dimension[], axes: readonly number[], sizes: readonly Dimension[], policy: string): number | null {
  const scales = axes.map((axis, i) => {
    const [from, to] = [shape[axis < 0 ? axis + shape.length : axis], sizes[i]];
    return typeof from === 'number' && typeof to === 'number' ? to / from : null;
  });
  const known = scales.filter((scale) => scale !== null);
  if (known.length < scales.length) return null;
  return policy === 'not_larger' ? Math.min(...known) : Math.max(...known);
}

/** Lengths from `sizes`, or scaled and rounded down. */
export const resize: ShapeRule = (context) => {
  const { opset, inputs: [x] } = context;
  if (!x?.shape) return likeFirst(context, null);
  const scalesAt = opset >= 11 ? 2 : 1;
  const axes = attributeInts(context.node, 'axes', x.shape.map((_, axis) => axis));
  // Upsample before operator set 9 keeps its scales in an attribute.
  const stored = context.node.attribute.find(({ name }) => name === 'scales')?.floats;
  const scales = stored ?? inputNumbers(context, scalesAt);
  const sizes = context.inputs[3] ? inputValues(context, 3) : null;
  const policy = attributeString(context.node, 'keep_aspect_ratio_policy', 'stretch');
  const common = sizes && policy !== 'stretch' ? commonScale(x.shape, axes, sizes, policy) : undefined;
  const result: TensorType = {
    elementType: x.elementType,
    shape: x.shape.map((length, axis): Dimension => {
      const at = axes.indexOf(axis);
      if (at < 0) return length;
      if (common !== undefined) return common !== null && typeof length === 'number' ? Math.floor(length * common + 0.5) : null;
      if (sizes) return sizes[at] ?? null;
      const scale = scales?.[at];
      if (scale === 1) return length;
      return typeof length === 'number' && scale !== undefined ? Math.floor(length * scale) : null;
    }),
  };
  return [result];
};
