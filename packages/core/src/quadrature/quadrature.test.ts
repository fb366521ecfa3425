import { expect, test } from '@jest/globals';
import { quadratureRule, QUADRATURES, type Quadrature } from './quadrature.ts';

const integrate = (quadrature: Quadrature, steps: number, f: (x: number) => number): number => {
  const { points, weights } = quadratureRule(quadrature, steps, 'a method');
  return weights.reduce((sum, weight, i) => sum + weight * f(points[i]!), 0);
};

test.each(QUADRATURES)('the weights of %s sum to 1, from the least number of steps to many', (quadrature) => {
  for (const steps of [...(quadrature === 'riemann-trapezoid' ? [] : [1]), 2, 3, 20, 50, 333]) {
    expect(Math.abs(integrate(quadrature, steps, () => 1) - 1)).toBeLessThan(1e-14);
  }
});

test.each([1, 2, 3, 4, 5, 10, 20, 50, 64])('Gauss-Legendre with %i points is exact up to degree 2 n - 1', (steps) => {
  for (let degree = 0; degree < 2 * steps; degree++) {
    expect(Math.abs(integrate('gausslegendre', steps, (x) => x ** degree) - 1 / (degree + 1))).toBeLessThan(4e-15);
  }
  // The first degree beyond is not: otherwise the comparison above would prove nothing.
  if (steps <= 5) expect(Math.abs(integrate('gausslegendre', steps, (x) => x ** (2 * steps)) - 1 / (2 * steps + 1))).toBeGreaterThan(1e-7);
});

test('Gauss-Legendre points are symmetric, rising and inside, for large numbers too', () => {
  for (const steps of [1, 7, 200, 2001]) {
    const { points, weights } = quadratureRule('gausslegendre', steps, 'a method');
    points.forEach((point, i) => {
      expect(point).toBeGreaterThan(i === 0 ? 0 : points[i - 1]!);
      expect(Math.abs(point + points[steps - 1 - i]! - 1)).toBeLessThan(4e-16);
      expect(weights[i]).toBe(weights[steps - 1 - i]);
    });
    expect(points[steps - 1]).toBeLessThan(1);
    expect(Math.abs(weights.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-13);
  }
});

test('Gauss-Legendre with two points stands at (1 -+ 1 / sqrt 3) / 2', () => {
  const { points } = quadratureRule('gausslegendre', 2, 'a method');
  expect(points[0]).toBeCloseTo((1 - 1 / Math.sqrt(3)) / 2, 15);
});

test('one-sided sums are off by half a cell on a line, the others are exact', () => {
  const line = (x: number): number => x;
  expect(integrate('riemann-left', 10, line)).toBeCloseTo(0.5 - 1 / 20, 14);
  expect(integrate('riemann-right', 10, line)).toBeCloseTo(0.5 + 1 / 20, 14);
  expect(integrate('riemann-middle', 10, line)).toBeCloseTo(0.5, 14);
  expect(integrate('riemann-trapezoid', 10, line)).toBeCloseTo(0.5, 14);
});

test('the trapezoid counts its ends half, over one cell less than points', () => {
  const { points, weights } = quadratureRule('riemann-trapezoid', 5, 'a method');
  expect([...points]).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect([...weights]).toEqual([0.125, 0.25, 0.25, 0.25, 0.125]);
});

test('a trapezoid of one point is refused in the name of the method', () => {
  expect(() => quadratureRule('riemann-trapezoid', 1, 'a method')).toThrow(/`a method`.*>= 2/);
});
