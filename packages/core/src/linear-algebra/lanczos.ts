import { randomStream } from '../random/stream.ts';
import { topEigenpair, type Tridiagonal } from './tridiagonal.ts';

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Takes away from `vector` what lies along the basis; twice, which leaves nothing but rounding (Parlett: "twice is enough"). */
function orthogonalise(vector: Float64Array, basis: readonly Float64Array[]): void {
  for (let round = 0; round < 2; round++) {
    for (const direction of basis) {
      const along = dot(vector, direction);
      for (let i = 0; i < vector.length; i++) vector[i]! -= along * direction[i]!;
    }
  }
}

const combine = (basis: readonly Float64Array[], weights: Float64Array, size: number): Float64Array => {
  const result = new Float64Array(size);
  basis.forEach((direction, k) => {
    for (let i = 0; i < size; i++) result[i]! += weights[k]! * direction[i]!;
  });
  return result;
};

/** Residual, relative to the eigenvalue, at which the pair counts as found. */
const CONVERGED = 1e-14;
/** The small problem is solved every few steps: it costs as much as a step on small matrices. */
const CHECK_EVERY = 4;

/**
 * The unit eigenvector of the largest eigenvalue of a symmetric matrix, given by its product with a vector; undefined where no eigenvalue
 * is positive. Lanczos' method with full reorthogonalisation: after at most `size` steps the whole space is searched, so that it always
 * ends and close eigenvalues do not stall it. The first vector is fixed, of pseudo-random numbers: it leans towards every eigenvector, and
 * where the largest eigenvalue is shared it decides which of them is returned, each time the same.
 */
export function topEigenvector(size: number, multiply: (vector: Float64Array) => Float64Array): Float64Array | undefined {
  const { normal } = randomStream(0, 'lanczos', size);
  const start = Float64Array.from({ length: size }, normal);
  const length = Math.sqrt(dot(start, start));
  let direction = start.map((value) => value / length);
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  for (;;) {
    basis.push(direction);
    const image = multiply(direction);
    diagonal.push(dot(image, direction));
    orthogonalise(image, basis);
    const rest = Math.sqrt(dot(image, image));
    const scale = Math.max(...diagonal.map(Math.abs), ...beside);
    const complete = basis.length === size || rest <= CONVERGED * scale;
    if (complete || basis.length % CHECK_EVERY === 0) {
      const matrix: Tridiagonal = { diagonal, beside };
      const { value, vector } = topEigenpair(matrix);
      if (complete && value <= 0) return undefined;
      if (complete || rest * Math.abs(vector[vector.length - 1]!) <= CONVERGED * value) return combine(basis, vector, size);
    }
    beside.push(rest);
    direction = image.map((value) => value / rest);
  }
}
