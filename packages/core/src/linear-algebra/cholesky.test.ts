import { expect, test } from '@jest/globals';
import { randomStream } from '../random/stream.ts';
import { factorise, solveFactorised } from './cholesky.ts';

const SIZE = 12;
const { normal } = randomStream(1, 'matrix');
const root = Float64Array.from({ length: SIZE * SIZE }, normal);
const product = Float64Array.from({ length: SIZE * SIZE }, (_, i) => {
  const [row, column] = [Math.floor(i / SIZE), i % SIZE];
  return Array.from({ length: SIZE }, (_unused, k) => root[row * SIZE + k]! * root[column * SIZE + k]!).reduce((a, b) => a + b, 0);
});

test('solves a positive definite system', () => {
  const x = Float64Array.from({ length: SIZE }, normal);
  const b = x.map((_, row) => x.reduce((sum, value, k) => sum + product[row * SIZE + k]! * value, 0));
  const factor = factorise(product, SIZE);
  expect(factor).toBeDefined();
  if (factor !== undefined) solveFactorised(factor, b).forEach((value, i) => { expect(value).toBeCloseTo(x[i]!, 9); });
});

test('a singular matrix has no factor', () => {
  expect(factorise(Float64Array.of(1, 2, 2, 4), 2)).toBeUndefined();
  expect(factorise(new Float64Array(4), 2)).toBeUndefined();
  expect(factorise(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
});
