import type { Dimension } from '@pellucid/onnx-graph';
import { knownShape, reduceSum, squeeze, type Emitter } from './emitter.ts';

/** Whether an operand was spread along an axis where it has length `own` and the others `lengths`; `null`: it cannot be told. */
function isSpread(own: Dimension, lengths: readonly Dimension[]): boolean | null {
  const others = lengths.filter((length) => length !== 1);
  if (own === 1) return others.length > 0;
  if (typeof own === 'number' || others.every((length) => length !== null && length === own)) return false;
  return null;
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
  for (let axis = added.length; axis < rank - trailing; axis++) {
    const lengths = shapes.map((shape): Dimension => {
      const at = axis - (rank - shape.length);
      return at < 0 ? 1 : (shape[at] ?? null);
    });
    const answer = isSpread(own[axis - added.length] ?? null, lengths);
    if (answer === null) emit.fail(`whether \`${input}\` is broadcast along axis ${axis} is not known before it runs`, 'Export the model with known shapes.');
    if (answer) spread.push(axis);
  }
  if (spread.length === 0) return dy;
  return squeeze(emit, reduceSum(emit, dy, spread, true), added);
}
