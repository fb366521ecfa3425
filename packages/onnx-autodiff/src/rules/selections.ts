import { attributeInt, clampSlice, concreteShape, intAttribute, normalAxis, sliceBounds, stringAttribute } from '@pellucid/onnx-graph';
import { knownShape, padZeros, reduceSum, reshapeLike, sliceAxes, squeeze, unsqueeze, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { lengthOf, positionsAlong, positivePositions, scatterAlong, zerosIn } from './linear-maps.ts';

/** dy with step - 1 zeros between its positions along an axis. */
function insertZeros(emit: Emitter, dy: string, axis: number, step: number, count: number): string {
  const shape = knownShape(emit, dy);
  const apart = unsqueeze(emit, dy, [axis + 1]);
  const pads = [...shape, null].map(() => 0);
  const spread = padZeros(emit, apart, [...pads, ...pads.map((_, i) => (i === axis + 1 ? step - 1 : 0))]);
  const merged = shape.map((length, i) => (i === axis ? count * step : typeof length === 'number' ? length : i < axis ? 0 : -1));
  if (merged.filter((length) => length === -1).length < 2) return emit.op('Reshape', [spread, emit.integers(merged)]);
  const lengths = shape.map((_, i) => (i === axis ? emit.integers([count * step]) : lengthOf(emit, dy, i)));
  return emit.op('Reshape', [spread, emit.op('Concat', lengths, [intAttribute('axis', 0)])]);
}

function reverse(emit: Emitter, dy: string, axis: number, count: number): string {
  return emit.op('Gather', [dy, emit.integers(Array.from({ length: count }, (_, i) => count - 1 - i))], [intAttribute('axis', axis)]);
}

/** dy padded by zeros to where it was cut out; `null` when that cannot be told before it runs. */
function sliceByPadding({ emit, node, opset, dy, types }: RuleContext, shape: ReturnType<typeof knownShape>): string | null {
  const bounds = sliceBounds({ node, opset, inputs: types }, shape.length);
  if (!bounds) return null;
  const begin = shape.map(() => 0);
  const end = shape.map(() => 0);
  let dx = dy;
  for (const [i, axis] of bounds.axes.entries()) {
    const [length, start, stop, step] = [shape[axis] ?? null, bounds.starts[i] ?? null, bounds.ends[i] ?? null, bounds.steps?.[i]];
    if (typeof start !== 'number' || step === undefined) return null;
    if (typeof length !== 'number') {
      const toTheEnd = (typeof stop === 'number' && stop >= 2 ** 31 - 1) || (stop !== null && stop === length);
      // Of a free axis only a slice to the end leaves nothing uncertain behind it, and only at the beginning nothing before it.
      if (!toTheEnd || start !== 0 || step !== 1) return null;
      continue;
    }
    if (typeof stop !== 'number') return null;
    const { start: first, count } = clampSlice(length, start, stop, step);
    if (count === 0) return zerosIn(emit, node.input[0] ?? '');
    const low = step > 0 ? first : first + (count - 1) * step;
    const stride = Math.abs(step);
    if (step < 0) dx = reverse(emit, dx, axis, count);
    if (stride > 1) dx = insertZeros(emit, dx, axis, stride, count);
    begin[axis] = low;
    // Inserted zeros may reach past the end: a negative padding cuts them.
    end[axis] = length - low - count * stride;
  }
  return padZeros(emit, dx, [...begin, ...end]);
}

/** dy where it was cut out, zeros elsewhere. Bounds that are known at run time alone cut the list of positions in the same way. */
export const slice: GradientRule = (context) => {
  const { emit, opset, dy, inputs } = context;
  const [x = '', starts = '', ends = '', , steps = ''] = inputs;
  const shape = knownShape(emit, x);
  const padded = sliceByPadding(context, shape);
  if (padded !== null) return inputs.map((_, i) => (i === 0 ? padded : null));
  const count = emit.typeOf(starts).shape?.[0];
  const first = typeof count === 'number' ? Array.from({ length: count }, (_, i) => i) : null;
  const axes = inputs[3] ? concreteShape(emit.typeOf(inputs[3]).values)?.map((axis) => normalAxis(axis, shape.length)) : first;
  if (opset < 10 || !axes) return emit.fail('its bounds are not known before it runs', 'Export the model with known shapes.');
  let dx = dy;
  for (const [i, axis] of axes.entries()) {
    const one = (list: string): string => emit.op('Slice', [list, emit.integers([i]), emit.integers([i + 1]), emit.integers([0])]);
    const step = steps === '' ? emit.integers([1]) : one(steps);
    const positions = emit.op('Slice', [positionsAlong(emit, x, axis), one(starts), one(ends), emit.integers([0]), step]);
    dx = scatterAlong(emit, dx, x, axis, positions);
  }
  const result = dx;
  return inputs.map((_, i) => (i === 0 ? result : null));
};

/** dy of a Gather with the axes of its indices as one. */
function joinIndexAxes(emit: Emitter, dy: string, x: string, axis: number, rank: number): string {
  if (rank === 1) return dy;
  if (rank === 0) return unsqueeze(emit, dy, [axis]);
  const shape = knownShape(emit, x);
  const behind = concreteShape(shape.slice(axis + 1));
  if (behind) return emit.op('Reshape', [dy, emit.integers([...shape.slice(0, axis).map(() => 0), -1, ...behind])]);
  const lengths = shape.slice(axis + 1).map((_, i) => lengthOf(emit, x, axis + 1 + i));
  const before = shape.slice(0, axis).map((_, i) => lengthOf(emit, x, i));
  return emit.op('Reshape', [dy, emit.op('Concat', [...before, emit.integers([-1]), ...lengths], [intAttribute('axis', 0)])]);
}

/** Indices as an int64 list. */
function indexList(emit: Emitter, indices: string): string {
  const { elementType, shape, values } = emit.typeOf(indices);
  if (values?.every((value) => typeof value === 'number')) return emit.integers(values);
  const list = shape?.length === 1 ? indices : emit.op('Reshape', [indices, emit.integers([-1])]);
  return elementType === 7 ? list : emit.op('Cast', [list], [intAttribute('to', 7)]);
}

/** Each chosen row gets its part of dy. */
export const gather: GradientRule = ({ emit, node, dy, inputs: [x = '', indices = ''], wanted }) => {
  if (!wanted[0]) return [null, null];
  const shape = knownShape(emit, x);
  const axis = normalAxis(attributeInt(node, 'axis', 0), shape.length);
  const length = shape[axis] ?? null;
  const rows = joinIndexAxes(emit, dy, x, axis, knownShape(emit, indices).length);
  const [only, ...more] = emit.typeOf(indices).values ?? [];
  if (typeof only === 'number' && more.length === 0 && typeof length === 'number') {
    const at = normalAxis(only, length);
    return [padZeros(emit, rows, [...shape.map((_, i) => (i === axis ? at : 0)), ...shape.map((_, i) => (i === axis ? length - 1 - at : 0))]), null];
  }
  const positions = positivePositions(emit, indexList(emit, indices), lengthOf(emit, x, axis));
  return [scatterAlong(emit, rows, x, axis, positions), null];
};

/** Lists of integers behind each other, stored where all are known. */
function joinLists(emit: Emitter, lists: readonly string[]): string {
  const known = concreteShape(lists.flatMap((list) => emit.typeOf(list).values ?? [null]));
  if (known) return emit.integers(known);
  return lists.length === 1 ? lists[0]! : emit.op('Concat', lists, [intAttribute('axis', 0)]);
}

/** The product of lengths, each an int64 list of one. */
function multiplyLengths(emit: Emitter, lengths: readonly string[]): string {
  const known = concreteShape(lengths.map((length) => emit.typeOf(length).values?.[0] ?? null));
  if (known) return emit.integers([known.reduce((so, length) => so * length, 1)]);
  return lengths.reduce((so, length) => emit.op('Mul', [so, length]));
}

/** 0, 1, 2, ... below a number, which is an int64 list of one. */
function countTo(emit: Emitter, end: string): string {
  const count = emit.typeOf(end).values?.[0];
  if (typeof count === 'number') return emit.integers(Array.from({ length: count }, (_, i) => i));
  const [first = '', last = '', step = ''] = [emit.integers([0]), end, emit.integers([1])].map((list) => squeeze(emit, list, [0]));
  return emit.op('Range', [first, last, step]);
}

/** Index tuples of a gather by batches with the position in the batch written in front, as rows [B K, m + 1]. */
function withBatchPosition(emit: Emitter, tuples: string, batches: string, depth: number): string {
  const each = emit.op('Reshape', [tuples, joinLists(emit, [batches, emit.integers([-1, depth])])]);
  const first = emit.op('Slice', [each, emit.integers([0]), emit.integers([1]), emit.integers([2])]);
  const positions = emit.op('Reshape', [countTo(emit, batches), emit.integers([-1, 1, 1])]);
  const spread = emit.op('Add', [emit.op('Sub', [first, first]), positions]);
  return emit.op('Reshape', [emit.op('Concat', [spread, each], [intAttribute('axis', 2)]), emit.integers([-1, depth + 1])]);
}

/** Each chosen slice gets its part of dy: the index tuples counted through in row-major order are rows of a matrix. */
export const gatherND: GradientRule = ({ emit, node, dy, inputs: [x = '', indices = ''], wanted }) => {
  if (!wanted[0]) return [null, null];
  const depth = knownShape(emit, indices).at(-1);
  if (typeof depth !== 'number') return emit.fail('the length of its index tuples is not known', 'Export the model with known shapes.');
  const all = knownShape(emit, x).map((_, axis) => lengthOf(emit, x, axis));
  const batchAxes = attributeInt(node, 'batch_dims', 0);
  const batches = multiplyLengths(emit, [emit.integers([1]), ...all.slice(0, batchAxes)]);
  const lengths = [...(batchAxes === 0 ? [] : [batches]), ...all.slice(batchAxes, batchAxes + depth)];
  const rest = all.slice(batchAxes + depth);
  const own = emit.op('Reshape', [indices, emit.integers([-1, depth])]);
  const tuples = positivePositions(emit, batchAxes === 0 ? own : withBatchPosition(emit, own, batches, depth), joinLists(emit, lengths));
  const strides = joinLists(emit, lengths.map((_, i) => multiplyLengths(emit, [emit.integers([1]), ...lengths.slice(i + 1)])));
  const positions = emit.op('Reshape', [emit.op('MatMul', [tuples, unsqueeze(emit, strides, [1])]), emit.integers([-1])]);
  const rows = emit.op('Reshape', [x, joinLists(emit, [multiplyLengths(emit, lengths), ...rest])]);
  const dx = scatterAlong(emit, emit.op('Reshape', [dy, joinLists(emit, [emit.integers([-1]), ...rest])]), rows, 0, positions);
  return [reshapeLike(emit, dx, x), null];
};

/** [..., l, k, ...] with 1 where element k of `indices` names position l of x along an axis, and the lengths of both. */
function chosenMask(emit: Emitter, x: string, indices: string, axis: number, like: string): { mask: string; own: readonly number[]; chosen: readonly number[] } {
  const own = concreteShape(knownShape(emit, x));
  const chosen = concreteShape(knownShape(emit, indices));
  if (!own || !chosen) return emit.fail('the lengths of its axes are not known', 'Export the model with known shapes, or with opset 16 or later.');
  // Indices count from the end since operator set 11.
  const positions = emit.opset >= 11 ? positivePositions(emit, indices, emit.integers([own[axis]!])) : indices;
  const column = emit.op('Reshape', [positionsAlong(emit, x, axis), emit.integers([own[axis]!, ...own.slice(axis).map(() => 1)])]);
  const mask = emit.op('Cast', [emit.op('Equal', [column, unsqueeze(emit, positions, [axis])])], [intAttribute('to', emit.typeOf(like).elementType)]);
  return { mask, own, chosen };
}

/** Zeros in the shape of x, and dy added where its elements were chosen from along an axis. No operator adds before opset 16: then by a mask. */
export function addElements(emit: Emitter, dy: string, x: string, indices: string, axis: number): string {
  if (emit.opset >= 16) return emit.op('ScatterElements', [zerosIn(emit, x), indices, dy], [intAttribute('axis', axis), stringAttribute('reduction', 'add')]);
  const { mask, own, chosen } = chosenMask(emit, x, indices, axis, dy);
  const dx = reduceSum(emit, emit.op('Mul', [mask, unsqueeze(emit, dy, [axis])]), [axis + 1], false);
  return padZeros(emit, dx, [...own.map(() => 0), ...own.map((length, i) => (i === axis ? 0 : length - chosen[i]!))]);
}

/** The elements of x at the indices, in operator sets that have no GatherElements. */
export function takeElements(emit: Emitter, x: string, indices: string, axis: number): string {
  const { mask, own, chosen } = chosenMask(emit, x, indices, axis, x);
  const others = [...own.keys()].filter((i) => i !== axis && own[i] !== chosen[i]);
  const part = others.length === 0 ? x : sliceAxes(emit, x, others, others.map(() => 0), others.map((i) => chosen[i]!));
  return reduceSum(emit, emit.op('Mul', [mask, unsqueeze(emit, part, [axis + 1])]), [axis], false);
}

/** Each chosen element gets its part of dy. */
export const gatherElements: GradientRule = ({ emit, node, dy, inputs: [x = '', indices = ''], wanted }) => {
  if (!wanted[0]) return [null, null];
  return [addElements(emit, dy, x, indices, normalAxis(attributeInt(node, 'axis', 0), knownShape(emit, x).length)), null];
};
