import { intAttribute, intsAttribute, stringAttribute, type Dimension } from '@pellucid/onnx-graph';
import { knownShape, runtimeShape, squeeze, unsqueeze, type Emitter } from '../engine/emitter.ts';

/** A matrix of more elements than this is not made where positions can be scattered instead. */
const MOST_ELEMENTS = 2 ** 20;

/** Length of an axis as an int64 list of one. */
export function lengthOf(emit: Emitter, x: string, axis: number): string {
  const length = knownShape(emit, x)[axis];
  if (typeof length === 'number') return emit.integers([length]);
  return emit.once(`length ${axis} of ${x}`, () =>
    (emit.opset >= 10
      ? emit.op('Slice', [runtimeShape(emit, x), emit.integers([axis]), emit.integers([axis + 1]), emit.integers([0])])
      : emit.op('Slice', [runtimeShape(emit, x)], [intsAttribute('starts', [axis]), intsAttribute('ends', [axis + 1]), intsAttribute('axes', [0])])));
}

/** 0, 1, 2, ... up to the length of an axis, as an int64 list. */
export function positionsAlong(emit: Emitter, x: string, axis: number): string {
  const length = knownShape(emit, x)[axis];
  if (typeof length === 'number') return emit.integers(Array.from({ length }, (_, i) => i));
  if (emit.opset < 11) return emit.fail(`the length of axis ${axis} is not known`, 'Export the model with known shapes.');
  const number = (list: string): string => squeeze(emit, list, [0]);
  return emit.once(`positions ${axis} of ${x}`, () =>
    emit.op('Range', [number(emit.integers([0])), number(lengthOf(emit, x, axis)), number(emit.integers([1]))]));
}

/** The product of a matrix [L, K] with every column of x that runs along an axis of length K. */
export function multiplyAlong(emit: Emitter, matrix: string, x: string, axis: number): string {
  const rank = knownShape(emit, x).length;
  if (axis === rank - 1) return emit.op('MatMul', [x, emit.op('Transpose', [matrix], [intsAttribute('perm', [1, 0])])]);
  if (axis === rank - 2) return emit.op('MatMul', [matrix, x]);
  const swap = [intsAttribute('perm', Array.from({ length: rank }, (_, i) => (i === axis ? rank - 2 : i === rank - 2 ? axis : i)))];
  return emit.op('Transpose', [emit.op('MatMul', [matrix, emit.op('Transpose', [x], swap)])], swap);
}

/** Zeros in the shape of a tensor, which is not read. */
export function zerosIn(emit: Emitter, x: string): string {
  return emit.op('Expand', [emit.scalar(0, x), runtimeShape(emit, x)]);
}

/** [L, K] with 1 where position k is l: a position that is none of 0 ... L - 1 has a column of zeros. */
function selectionMatrix(emit: Emitter, x: string, axis: number, positions: string, like: string): string {
  const rows = unsqueeze(emit, positionsAlong(emit, x, axis), [1]);
  const chosen = emit.op('Equal', [rows, unsqueeze(emit, positions, [0])]);
  return emit.op('Cast', [chosen], [intAttribute('to', emit.typeOf(like).elementType)]);
}

/**
 * The adjoint of picking positions along an axis of x: dx[l] is the sum of dy[k] over all k whose position is l.
 * `positions` is an int64 list; one of -1 picks nothing when `mayBeNone`.
 */
export function scatterAlong(emit: Emitter, dy: string, x: string, axis: number, positions: string, mayBeNone = false): string {
  const shape = knownShape(emit, x);
  const count: Dimension = emit.typeOf(positions).shape?.[0] ?? null;
  const length = shape[axis] ?? null;
  const isSmall = typeof count === 'number' && typeof length === 'number' && count * length <= MOST_ELEMENTS;
  if (isSmall || mayBeNone || emit.opset < 16) return multiplyAlong(emit, selectionMatrix(emit, x, axis, positions, dy), dy, axis);
  const order = [axis, ...shape.keys()].filter((other, i) => i === 0 || other !== axis);
  const first = [intsAttribute('perm', order)];
  const back = [intsAttribute('perm', order.map((_, i) => order.indexOf(i)))];
  const isFirst = axis === 0;
  const rows = isFirst ? dy : emit.op('Transpose', [dy], first);
  const rest = emit.op('Slice', [runtimeShape(emit, rows), emit.integers([1]), emit.integers([shape.length]), emit.integers([0])]);
  const zeros = emit.op('Expand', [emit.scalar(0, dy), emit.op('Concat', [lengthOf(emit, x, axis), rest], [intAttribute('axis', 0)])]);
  const sum = emit.op('ScatterND', [zeros, unsqueeze(emit, positions, [1]), rows], [stringAttribute('reduction', 'add')]);
  return isFirst ? sum : emit.op('Transpose', [sum], back);
}

/** Positions counted from the end made to count from the start. */
export function positivePositions(emit: Emitter, positions: string, length: string): string {
  const { values } = emit.typeOf(positions);
  if (values?.every((value) => typeof value === 'number' && value >= 0)) return positions;
  const wrapped = emit.op('Add', [positions, length]);
  const isNegative = emit.op('Less', [positions, emit.integers([0])]);
  return emit.op('Where', [isNegative, wrapped, positions]);
}
