/** Running moments of vectors that come one after the other: the mean, and sums of powers of the deviations from it. */
export interface Moments {
  readonly count: number;
  readonly mean: Float64Array;
  readonly squares: Float64Array;
  /** Sums of cubes and fourth powers; only what the error of a variance needs. */
  readonly cubes: Float64Array | undefined;
  readonly fourths: Float64Array | undefined;
}

/** Moments of nothing yet, of vectors of a length. */
export function noMoments(length: number, higher: boolean): Moments {
  const zeros = (): Float64Array => new Float64Array(length);
  return { count: 0, mean: zeros(), squares: zeros(), cubes: higher ? zeros() : undefined, fourths: higher ? zeros() : undefined };
}

/** Takes one more vector into account, in place: one pass, no cancellation (Welford 1962; Pebay 2008, section 3.1 for the higher ones). */
export function addToMoments(moments: Moments, values: ArrayLike<number>): Moments {
  const { mean, squares, cubes, fourths } = moments;
  const count = moments.count + 1;
  for (let i = 0; i < values.length; i++) {
    const step = (values[i]! - mean[i]!) / count;
    const spread = step * step * count * (count - 1);
    mean[i]! += step;
    if (cubes !== undefined && fourths !== undefined) {
      fourths[i]! += spread * step * step * (count * count - 3 * count + 3) + 6 * step * step * squares[i]! - 4 * step * cubes[i]!;
      cubes[i]! += spread * step * (count - 2) - 3 * step * squares[i]!;
    }
    squares[i]! += spread;
  }
  return { ...moments, count };
}

/** Standard error of the mean; infinite before the second draw. */
export function errorOfMean({ count, squares }: Moments): Float64Array {
  return squares.map((sum) => (count < 2 ? Infinity : Math.sqrt(sum / (count - 1) / count)));
}

/** Variance over the draws (divided by their number, as VarGrad has it). */
export function variance({ count, squares }: Moments): Float64Array {
  return squares.map((sum) => sum / count);
}

/** Standard error of the variance for draws of any distribution, from the fourth moment; infinite before the second draw. */
export function errorOfVariance({ count, squares, fourths }: Moments): Float64Array {
  return squares.map((sum, i) => (count < 2 ? Infinity : Math.sqrt(Math.max(0, (fourths?.[i] ?? Infinity) / count - (sum / count) ** 2) / count)));
}
