/** A symmetric tridiagonal matrix. `beside[i]` stands between rows i and i + 1. */
export interface Tridiagonal {
  readonly diagonal: readonly number[];
  readonly beside: readonly number[];
}

/** Whether every eigenvalue is below a bound: all pivots of bound - T are positive (Sylvester's law of inertia). */
function isAbove({ diagonal, beside }: Tridiagonal, bound: number): boolean {
  let pivot = Infinity;
  for (let i = 0; i < diagonal.length; i++) {
    const coupling = i === 0 ? 0 : beside[i - 1]!;
    pivot = bound - diagonal[i]! - (coupling * coupling) / pivot;
    if (pivot <= 0) return false;
  }
  return true;
}

/** The least double above every eigenvalue, but for rounding, by bisection between Gershgorin's bounds. */
function boundOfEigenvalues(matrix: Tridiagonal): number {
  const { diagonal, beside } = matrix;
  const reach = diagonal.map((value, i) => value + Math.abs(beside[i - 1] ?? 0) + (i < diagonal.length - 1 ? Math.abs(beside[i]!) : 0));
  let low = Math.max(...diagonal);
  let high = Math.max(...reach);
  high += Math.abs(high) * Number.EPSILON * 4;
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    if (isAbove(matrix, middle)) high = middle;
    else low = middle;
  }
}

/** Solves (bound - T) x = b, a positive definite system that needs no pivoting (Thomas algorithm). */
function solve({ diagonal, beside }: Tridiagonal, bound: number, b: Float64Array): Float64Array {
  const size = diagonal.length;
  const pivots = new Float64Array(size);
  const x = Float64Array.from(b);
  for (let i = 0; i < size; i++) {
    const factor = i === 0 ? 0 : beside[i - 1]! / pivots[i - 1]!;
    const pivot = bound - diagonal[i]! - (i === 0 ? 0 : factor * beside[i - 1]!);
    pivots[i] = Math.max(pivot, Number.MIN_VALUE);
    if (i > 0) x[i]! += factor * x[i - 1]!;
  }
  for (let i = size - 1; i >= 0; i--) x[i] = (x[i]! + (i < size - 1 ? beside[i]! * x[i + 1]! : 0)) / pivots[i]!;
  return x;
}

/** Divides a vector by its largest value first: inverse iteration at an eigenvalue reaches very large numbers. */
function normalise(vector: Float64Array): Float64Array {
  const largest = vector.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const scaled = vector.map((value) => value / largest);
  const length = Math.sqrt(scaled.reduce((sum, value) => sum + value * value, 0));
  return scaled.map((value) => value / length);
}

/** From one step to the next inverse iteration gains a factor of (bound - value) / gap: a few are plenty. */
const INVERSE_ITERATIONS = 4;

/** The largest eigenvalue and its unit eigenvector: bisection, then inverse iteration. */
export function topEigenpair(matrix: Tridiagonal): { readonly value: number; readonly vector: Float64Array } {
  const size = matrix.diagonal.length;
  const bound = boundOfEigenvalues(matrix);
  // Just above the eigenvalue, so that the system stays positive definite.
  const shift = bound + Math.abs(bound) * Number.EPSILON * 4;
  let vector = normalise(new Float64Array(size).fill(1));
  for (let i = 0; i < INVERSE_ITERATIONS; i++) vector = normalise(solve(matrix, shift, vector));
  return { value: bound, vector };
}
