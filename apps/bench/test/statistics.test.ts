import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { midranks } from '../src/statistics/midranks.ts';
import { adjustForMany } from '../src/statistics/multiple-comparisons.ts';
import { kendall, spearman } from '../src/statistics/rank-correlation.ts';
import { signedRankTest } from '../src/statistics/signed-rank.ts';

interface Tested {
  readonly differences: readonly number[];
  readonly p: number;
}
/** What scipy says: tools/reference/write_statistics.py. */
const scipy: {
  readonly exact: readonly Tested[];
  readonly tied: readonly Tested[];
  readonly large: readonly Tested[];
  readonly correlations: readonly { readonly a: number[]; readonly b: number[]; readonly spearman: number; readonly kendall: number }[];
  readonly falseDiscovery: { readonly p: readonly number[]; readonly adjusted: readonly number[] };
  readonly midranks: { readonly values: readonly number[]; readonly ranks: readonly number[] };
} = JSON.parse(readFileSync(join(__dirname, 'references/scipy.json'), 'utf8'));

describe('signed-rank test', () => {
  test.each(scipy.exact.map(({ differences, p }) => [differences.length, differences, p] as const))('%s pairs have the p-value of scipy', (_, differences, p) => {
    const found = signedRankTest(differences);
    expect(found.exact).toBe(true);
    expect(found.p / p).toBeCloseTo(1, 10);
  });

  test('ties and zeros have the p-value of trying every sign', () => {
    for (const { differences, p } of scipy.tied) expect(signedRankTest(differences).p).toBeCloseTo(p, 12);
  });

  test('many pairs have the normal approximation with the correction for continuity', () => {
    for (const { differences, p } of scipy.large) {
      const found = signedRankTest(differences);
      expect(found.exact).toBe(false);
      expect(found.p / p).toBeCloseTo(1, 6);
    }
  });

  test('no difference and a single pair are never significant', () => {
    expect(signedRankTest([0, 0, 0])).toEqual({ p: 1, side: 0, pairs: 0, exact: true });
    expect(signedRankTest([])).toMatchObject({ p: 1, pairs: 0 });
    expect(signedRankTest([5])).toEqual({ p: 1, side: 1, pairs: 1, exact: true });
  });

  test('the side turns with the sign and the p-value stays', () => {
    const differences = [0.3, 1, -0.2, 2, 0, 4, 4];
    const [there, back] = [signedRankTest(differences), signedRankTest(differences.map((value) => -value))];
    expect(there.side).toBe(1);
    expect(back).toEqual({ ...there, side: -1 });
  });
});

test('equal values share the mean of their places', () => {
  expect([...midranks(scipy.midranks.values)]).toEqual(scipy.midranks.ranks);
});

test('rank correlations with and without ties are those of scipy', () => {
  for (const pair of scipy.correlations) {
    expect(spearman(pair.a, pair.b)).toBeCloseTo(pair.spearman, 12);
    expect(kendall(pair.a, pair.b)).toBeCloseTo(pair.kendall, 12);
  }
});

test('there is no correlation with equal values, nor of two pairs', () => {
  expect([spearman([1, 1, 1], [1, 2, 3]), kendall([1, 2, 3], [4, 4, 4]), spearman([1, 2], [2, 1]), kendall([1, 2], [1, 2])]).toEqual([null, null, null, null]);
});

test('the false discovery rate is corrected as by scipy', () => {
  const { p, adjusted } = scipy.falseDiscovery;
  adjustForMany(p, 'benjamini-hochberg').forEach((value, i) => expect(value).toBeCloseTo(adjusted[i]!, 12));
});

test("Holm's p-values are those of his procedure, in the order that was given", () => {
  // 0.01 x 4, then max(0.04, 0.02 x 3), then max(0.06, 0.03 x 2), then max(0.06, 0.04).
  expect(adjustForMany([0.04, 0.01, 0.03, 0.02], 'holm')).toEqual([0.06, 0.04, 0.06, 0.06].map((value) => expect.closeTo(value, 12)));
  expect(adjustForMany([0.9, 0.8], 'holm')).toEqual([1, 1]);
  expect(adjustForMany([0.2, 0.1], 'none')).toEqual([0.2, 0.1]);
  expect(adjustForMany([], 'holm')).toEqual([]);
});
