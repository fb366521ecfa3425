import { formatShape, equalShapes, type Tensor } from '@pellucid/core';

/** Ends a check with a sentence that says what was violated. */
export function require(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence);
}

/** The largest absolute difference of two tensors, divided by the largest absolute value of the second (or by 1 where that is 0). */
export function relativeDifference(actual: Tensor, expected: Tensor): number {
  require(
    equalShapes(actual.shape, expected.shape),
    `the shapes differ: ${formatShape(actual.shape)} and ${formatShape(expected.shape)}`,
  );
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.data.length; i++) {
    // Math.max keeps NaN, and NaN fails every comparison below.
    difference = Math.max(difference, Math.abs(actual.data[i]! - expected.data[i]!));
    largest = Math.max(largest, Math.abs(expected.data[i]!));
  }
  return difference / (largest === 0 ? 1 : largest);
}

/** Fails unless two tensors agree within a relative tolerance; 0 asks for the same values, bit for bit but for the sign of zero. */
export function requireClose(actual: Tensor, expected: Tensor, tolerance: number, sentence: string): void {
  const difference = relativeDifference(actual, expected);
  require(difference <= tolerance, `${sentence}: relative difference ${difference}, allowed ${tolerance}`);
}

/** Runs something that must fail with a typed error of this code. */
export async function requireError(run: () => unknown, code: string, what: string): Promise<void> {
  let outcome = 'nothing was thrown';
  try {
    await run();
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === code) return;
    outcome = String(error);
  }
  throw new Error(`${what} must fail with ${code}, but: ${outcome}`);
}
