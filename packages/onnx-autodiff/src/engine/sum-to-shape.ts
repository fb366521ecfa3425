import { intAttribute, type Dimension } from '@pellucid/onnx-graph';
import { knownShape, reduceSum, runtimeShape, squeeze, type Emitter } from './emitter.ts';

/** Whether an operand was spread along an axis where it has length `own` and the others `lengths`; `null`: it cannot be told. */
function isSpread(own: Dimension, lengths: readonly Dimension[]): boolean | null {
  const others = lengths.filter((length) => length !== 1);
  if (own === 1) return others.length > 0;
  if (typeof own === 'number' || others.every((length) => length !== null && length === own)) return false;
  return null;
}

/** Sums over those of the given axes along which `input` turns out to have the length 1. Both tensors end with the same axes. */
function sumAtRunTime(emit: Emitter, dy: string, input: string, axes: readonly number[], offset: number): string {
  // Before operator set 13 the axes of a sum are part of the graph.
  if (emit.opset < 13) return emit.fail(`whether \`${input}\` is broadcast along axis ${axes[0] ?? 0} is not known before it runs`, 'Export the model with known shapes, or for operator set 13.');
  const own = knownShape(emit, input);
  const lengths = emit.op('Gather', [runtimeShape(emit, input), emit.integers(axes.map((axis) => axis - offset))]);
  const positions = emit.op('NonZero', [emit.op('Equal', [lengths, emit.integers([1])])]);
  const spread = emit.op('Gather', [emit.integers(axes), squeeze(emit, positions, [0])]);
  const summed = emit.op('ReduceSum', [dy, spread], [intAttribute('keepdims', 1), intAttribute('noop_with_empty_axes', 1)]);
  const { elementType } = emit.typeOf(dy);
  const shape = knownShape(emit, dy).map((length, axis) => (axes.includes(axis) ? (own[axis - offset] ?? null) : length));
  emit.declare(summed, { elementType, shape });
  return summed;
}

/**
 * Sums a gradient, which has the shape that the operands broadcast to, over the axes along which `input` was spread.
 * `trailing` axes at the end take no part in the broadcasting.
 */
export function sumToShape(emit: Emitter, dy: string, input: string, operands: readonly string[], trailing = 0): string {
  const shapes = operands.map((operand) => knownShape(emit, operand));
  const own = knownShape(emit, input);
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const added = Array.from({ length: rank - own.length }, (_, axis) => axis);
  const spread: number[] = [...added];
  const open: number[] = [];
  for (let axis = added.length; axis < rank - trailing; axis++) {
    const lengths = shapes.map((shape): Dimension => {
      const at = axis - (rank - shape.length);
      return at < 0 ? 1 : (shape[at] ?? null);
    });
    const answer = isSpread(own[axis - added.length] ?? null, lengths);
    if (answer === null) open.push(axis);
    else if (answer) spread.push(axis);
  }
  const known = spread.length === 0 ? dy : reduceSum(emit, dy, spread, true);
  return squeeze(emit, open.length === 0 ? known : sumAtRunTime(emit, known, input, open, added.length), added);
}
