import * as tf from '@tensorflow/tfjs-core';

import type { TapeEntry } from './tape.ts';

/**
 * Operations that are constant wherever they are differentiable: comparisons, logic, rounding, positions. The library ships no gradient
 * for most of them, and for `FloorDiv` that of an ordinary quotient.
 */
export const FLAT_OPERATIONS: ReadonlySet<string> = new Set([
  'All',
  'Any',
  'ArgMax',
  'ArgMin',
  'Ceil',
  'Equal',
  'Floor',
  'FloorDiv',
  'Greater',
  'GreaterEqual',
  'IsFinite',
  'IsInf',
  'IsNan',
  'Less',
  'LessEqual',
  'LogicalAnd',
  'LogicalNot',
  'LogicalOr',
  'NotEqual',
  'OneHot',
  'OnesLike',
  'Round',
  'Sign',
  'Step',
  'ZerosLike',
]);

/** Gives an entry of the tape the gradient zero. */
export function flatten(entry: TapeEntry): void {
  const zeros = Object.entries(entry.inputs).flatMap(([name, input]) =>
    input === null || input === undefined ? [] : [[name, () => tf.zeros(input.shape)] as const],
  );
  entry.gradient = () => Object.fromEntries(zeros);
}
