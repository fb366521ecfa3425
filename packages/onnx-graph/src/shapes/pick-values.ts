import { MOST_VALUES } from './context.ts';
import { concreteShape } from './dimension.ts';
import type { Dimension, TensorType } from './tensor-type.ts';

/** Known contents rearranged: `from` tells, for a position of the result, where its value comes from. `undefined` when not known. */
export function pickValues(
  x: TensorType | undefined, shape: readonly Dimension[] | null, from: (position: readonly number[]) => readonly number[],
): readonly Dimension[] | undefined {
  const source = concreteShape(x?.shape);
  const target = concreteShape(shape);
  const values = x?.values;
  const size = target?.reduce((product, length) => product * length, 1) ?? Infinity;
  if (!values || !source || !target || size > MOST_VALUES) return undefined;
  return Array.from({ length: size }, (_, flat) => {
    const position: number[] = [];
    let rest = flat;
    for (const length of target.toReversed()) {
      position.unshift(rest % length);
      rest = Math.floor(rest / length);
    }
    const index = from(position).reduce((sum, at, axis) => sum * source[axis]! + at, 0);
    return values[index] ?? null;
  });
}
