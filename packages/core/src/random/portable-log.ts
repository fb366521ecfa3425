const TERMS = 20;
const COEFFICIENTS = Float64Array.from({ length: TERMS + 1 }, (_, k) => 1 / (2 * k + 1));

/**
 * Natural logarithm of a positive number from additions, multiplications and divisions alone. `Math.log` may differ between JavaScript engines in the
 * last bit, and a seed must give the same draw everywhere.
 */
export function portableLog(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa >= 2) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < 1) {
    mantissa *= 2;
    exponent--;
  }
  // log m = 2 artanh((m - 1) / (m + 1)); the argument is below 1/3, so 20 terms reach double precision.
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let sum = 0;
  for (let k = TERMS; k >= 0; k--) sum = sum * square + COEFFICIENTS[k]!;
  return exponent * Math.LN2 + 2 * ratio * sum;
}
