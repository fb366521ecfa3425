/** Euclidean norm. */
export function euclideanNorm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}

/** The difference of two arrays of equal length. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const changes = new Float64Array(a.length);
  for (let i = 0; i < changes.length; i++) changes[i] = a[i]! - b[i]!;
  return changes;
}
