import { expect, test } from '@jest/globals';
import { randomStream } from '../random/stream.ts';
import fc from 'fast-check';
import { topEigenvector } from './lanczos.ts';
import { topEigenpair } from './tridiagonal.ts';

type Matrix = readonly (readonly number[])[];

const times = (matrix: Matrix) => (vector: Float64Array): Float64Array =>
  Float64Array.from(matrix, (row) => row.reduce((sum, value, i) => sum + value * vector[i]!, 0));

/** Q diag(values) Q^T, with Q a product of random rotations: eigenvalues and eigenvectors are known. */
function withSpectrum(values: readonly number[], seed: number): { readonly matrix: number[][]; readonly top: Float64Array } {
  const size = values.length;
  const { uniform } = randomStream(seed, 'rotations');
  const q = Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)));
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < size; i++) {
      for (let j = i + 1; j < size; j++) {
        const angle = 2 * Math.PI * uniform();
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        for (const row of q) [row[i], row[j]] = [cos * row[i]! - sin * row[j]!, sin * row[i]! + cos * row[j]!];
      }
    }
  }
  const matrix = q.map((a) => q.map((b) => values.reduce((sum, value, k) => sum + a[k]! * value * b[k]!, 0)));
  const best = values.indexOf(Math.max(...values));
  return { matrix, top: Float64Array.from(q, (row) => row[best]!) };
}

const alignment = (a: Float64Array | undefined, b: Float64Array): number => Math.abs((a ?? new Float64Array(0)).reduce((sum, value, i) => sum + value * b[i]!, 0));

test('finds the eigenvector of matrices whose spectrum is known', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 0.9, noNaN: true }), { maxLength: 12 }), fc.integer({ min: 0, max: 1000 }), (rest, seed) => {
      const { matrix, top } = withSpectrum([...rest, 1], seed);
      expect(1 - alignment(topEigenvector(matrix.length, times(matrix)), top)).toBeLessThan(1e-12);
    }),
    { numRuns: 60 },
  );
});

test('tells apart eigenvalues that lie close, where power iteration would take a million rounds', () => {
  const { matrix, top } = withSpectrum([1, 1 - 1e-6, 0.5, 0.3, 0.2, 0.1], 3);
  expect(1 - alignment(topEigenvector(6, times(matrix)), top)).toBeLessThan(1e-12);
});

test('where the largest eigenvalue is shared, gives a vector of its space, each time the same', () => {
  const { matrix } = withSpectrum([2, 2, 2, 1, 0.5], 4);
  const first = topEigenvector(5, times(matrix)) ?? new Float64Array(5);
  expect(topEigenvector(5, times(matrix))).toEqual(first);
  expect(first.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 14);
  times(matrix)(first).forEach((value, i) => { expect(value).toBeCloseTo(2 * first[i]!, 12); });
});

test('handles the identity, rank one, and zero', () => {
  const identity = Array.from({ length: 9 }, (_, i) => Array.from({ length: 9 }, (_, j) => (i === j ? 1 : 0)));
  expect(topEigenvector(9, times(identity))?.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 14);
  const direction = Float64Array.of(1, 2, 2).map((value) => value / 3);
  const rankOne = [...direction].map((a) => [...direction].map((b) => 1e-30 * a * b));
  expect(alignment(topEigenvector(3, times(rankOne)), direction)).toBeCloseTo(1, 14);
  expect(topEigenvector(4, () => new Float64Array(4))).toBeUndefined();
  expect([...(topEigenvector(1, times([[7]])) ?? [])].map(Math.abs)).toEqual([1]);
});

test('the largest eigenvalue of a chain is 2 + 2 cos(pi / (n + 1))', () => {
  for (const size of [1, 2, 5, 40]) {
    const { value, vector } = topEigenpair({ diagonal: new Array<number>(size).fill(2), beside: new Array<number>(size - 1).fill(1) });
    const angle = Math.PI / (size + 1);
    expect(value).toBeCloseTo(2 + 2 * Math.cos(angle), 13);
    // Its eigenvector is a half wave.
    const wave = Float64Array.from({ length: size }, (_, i) => Math.sin((i + 1) * angle) * Math.sqrt(2 / (size + 1)));
    expect(1 - alignment(vector, wave)).toBeLessThan(1e-12);
  }
});

test('negative eigenvalues, however large, are not the largest; without a positive one there is nothing to find', () => {
  const { matrix, top } = withSpectrum([-50, -3, 0, 0.5, 2], 6);
  expect(1 - alignment(topEigenvector(5, times(matrix)), top)).toBeLessThan(1e-12);
  expect(topEigenvector(3, times(withSpectrum([-3, -2, -1], 7).matrix))).toBeUndefined();
});
