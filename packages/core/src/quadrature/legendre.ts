/** Points and weights of a quadrature rule on [0, 1]. */
export interface QuadratureRule {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** The Legendre polynomial of this degree at x, and its derivative, by the three-term recurrence. */
function legendre(degree: number, x: number): { readonly value: number; readonly derivative: number } {
  let previous = 1;
  let value = x;
  for (let k = 2; k <= degree; k++) [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k];
  return { value, derivative: (degree * (x * value - previous)) / (x * x - 1) };
}

/** Newton's method gains digits twice over each time: five rounds take the first guess to double precision. */
const NEWTON_ROUNDS = 10;

/**
 * The Gauss-Legendre rule on [0, 1], points in rising order: exact for polynomials of degree 2 count - 1. The roots of the Legendre
 * polynomial are found by Newton's method from Tricomi's estimate.
 */
export function gaussLegendre(count: number): QuadratureRule {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < Math.ceil(count / 2); i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    // The middle root of an odd rule is 0; stepping towards it would leave a rounding error behind.
    if (2 * i + 1 === count) x = 0;
    for (let round = 0; round < NEWTON_ROUNDS; round++) {
      const { value, derivative } = legendre(count, x);
      const step = value / derivative;
      x -= step;
      if (Math.abs(step) <= Number.EPSILON) break;
    }
    const { derivative } = legendre(count, x);
    const weight = 1 / ((1 - x * x) * derivative * derivative);
    points[i] = (1 - x) / 2;
    points[count - 1 - i] = (1 + x) / 2;
    weights[i] = weight;
    weights[count - 1 - i] = weight;
  }
  return { points, weights };
}
