import { expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { analysisRows, failed, ok, withScores } from '../../test/example-rows.ts';
import { whyNothingIsSignificant } from '../report/describe.ts';
import type { ResultRow } from '../store/result-row.ts';
import { analyse, type AnalysedTable } from './analyse.ts';
import type { Comparison } from './comparisons.ts';
import { scoreTables } from './score-tables.ts';

function tableOf(rows: readonly ResultRow[], metric = 'deletion'): AnalysedTable {
  const found = analyse(rows, null).scopes[0]?.tables.find(({ table }) => table.metric.name === metric);
  if (found === undefined) throw new Error('no table');
  return found;
}

test('a better, an equal and a planted broken method are told apart from random', () => {
  const { withControls, standings } = tableOf(analysisRows());
  const verdictOf = (method: string): Comparison | undefined => withControls.find((comparison) => comparison.method === method && comparison.other === 'random');
  expect(verdictOf('good')?.verdict).toBe('better');
  expect(verdictOf('as-random')?.verdict).toBe('not significant');
  expect(verdictOf('inverted')?.verdict).toBe('worse');
  expect(verdictOf('inverted')?.adjusted).toBeLessThan(0.001);
  expect(standings.get('good')).toMatchObject({ above: ['random', 'edges'], below: [], wins: 2, losses: 0 });
});

test('the direction of the metric decides what is better', () => {
  const { withControls } = tableOf(analysisRows('insertion'), 'insertion');
  expect(withControls.find(({ method, other }) => method === 'good' && other === 'random')?.verdict).toBe('worse');
});

test('differences are means of the pairs, with an interval around them', () => {
  const rows = [withScores({ method: 'mine' }, [1, 2, 3, 4]), withScores({ method: 'random', control: true }, [0, 0, 1, 1])];
  const [comparison] = tableOf(rows).withControls;
  expect(comparison).toMatchObject({ difference: 2, samples: 4, p: 0.125, adjusted: 0.125, verdict: 'not significant' });
  expect(comparison?.ci95?.[0]).toBeLessThan(2);
  expect(comparison?.ci95?.[1]).toBeGreaterThan(2);
});

test('methods that meet one control are a family: a second control, whatever it scores, makes no method harder to tell from the first', () => {
  const scores = Array.from({ length: 12 }, (_, i) => i / 4);
  const methods = Array.from({ length: 48 }, (_, i) => withScores({ method: `m${i}` }, scores.map((score) => score - 1)));
  const random = withScores({ method: 'random', control: true }, scores);
  const others = ['edges', 'centre-prior', 'constant', 'input-magnitude'].map((method) => withScores({ method, control: true }, scores));
  const against = (rows: readonly ResultRow[]): Comparison[] => tableOf(rows).withControls.filter(({ other }) => other === 'random');
  // 12 pairs of one sign: p = 2 / 2^12, times the 48 methods.
  for (const found of [against([...methods, random]), against([...methods, random, ...others])]) {
    expect(found).toHaveLength(48);
    for (const { adjusted, verdict } of found) expect([adjusted, verdict]).toEqual([48 / 2 ** 11, 'better']);
  }
});

test('two methods have a difference with the interval of Student\'s t', () => {
  const { pairs } = tableOf([withScores({ method: 'a' }, [1, 2, 3, 4]), withScores({ method: 'b' }, [0, 2, 1, 1])]);
  // Differences -1, 0, -2, -3: mean -1.5, deviation 1.29099, t of three degrees 3.18245.
  expect(pairs).toHaveLength(1);
  expect(pairs[0]).toMatchObject({ method: 'b', other: 'a', difference: -1.5 });
  expect(pairs[0]?.ci95?.[0]).toBeCloseTo(-1.5 - (3.182446 * 1.2909944) / 2, 4);
  expect(pairs[0]?.ci95?.[1]).toBeCloseTo(-1.5 + (3.182446 * 1.2909944) / 2, 4);
  expect(tableOf([withScores({ method: 'a' }, [1]), withScores({ method: 'b' }, [0])]).pairs[0]?.ci95).toBeNull();
});

test('the least p-value that a table can reach says whether its samples are enough', () => {
  const rows = (samples: number): ResultRow[] => {
    const scores = Array.from({ length: samples }, (_, i) => i);
    return [...['a', 'b', 'c'].map((method) => withScores({ method }, scores.map((score) => score - 1))), withScores({ method: 'random', control: true }, scores)];
  };
  for (const samples of [1, 4, 8]) {
    const { leastP, withControls } = tableOf(rows(samples));
    expect(leastP).toBe(Math.min(1, (3 * 2) / 2 ** samples));
    // All methods differ as clearly as they can, and reach it.
    expect(withControls.map(({ adjusted }) => adjusted)).toEqual([leastP, leastP, leastP]);
  }
  expect(tableOf(rows(4).slice(0, 3)).leastP).toBeNull();
  expect(whyNothingIsSignificant(tableOf(rows(4)), 0.05)).toBe('4 samples cannot tell 3 methods from controls (p 0.375 at least)');
  expect(whyNothingIsSignificant(tableOf(rows(8)), 0.05)).toBeNull();
});

test('samples that either method has no score for are left out of the pairs', () => {
  const rows = [withScores({ method: 'mine' }, [1, null, 3, 4]), withScores({ method: 'random', control: true }, [0, 5, null, 1])];
  expect(tableOf(rows).withControls[0]).toMatchObject({ difference: 2, samples: 2 });
});

test('ranks follow the means, equal methods share a rank and its interval', () => {
  const scores = Array.from({ length: 12 }, (_, i) => i / 10);
  const rows = [
    withScores({ method: 'a' }, scores), withScores({ method: 'b' }, scores), withScores({ method: 'c' }, scores.map((score) => score + 5)),
  ];
  const { ranks } = tableOf(rows).ranking;
  expect(ranks.get('a')).toEqual({ rank: 1.5, ci95: [1.5, 1.5] });
  expect(ranks.get('b')).toEqual(ranks.get('a'));
  expect(ranks.get('c')).toEqual({ rank: 3, ci95: [3, 3] });
});

test('samples are drawn for all methods at once: a method that is always a little better is always first', () => {
  const { normal } = randomStream(5, 'scores');
  const scores = Array.from({ length: 10 }, () => 100 * normal());
  const rows = [withScores({ method: 'a' }, scores.map((score) => score - 0.01)), withScores({ method: 'b' }, scores)];
  expect(tableOf(rows).ranking.ranks.get('a')).toEqual({ rank: 1, ci95: [1, 1] });
});

test('seeds are joined with their places, and a seed that is missing is a gap', () => {
  const rows = [
    withScores({ method: 'a', seed: 1 }, [3, 4]), withScores({ method: 'a', seed: 0 }, [1, 2]), withScores({ method: 'b', seed: 1 }, [5, 6]),
  ];
  const { metrics } = analyse(rows, null);
  const [table] = scoreTables(rows, metrics, { resamples: 100, seed: 0 });
  expect(table?.entries.map(({ scores }) => scores)).toEqual([[1, 2, 3, 4], [null, null, 5, 6]]);
  expect(table?.entries[0]).toMatchObject({ value: 2.5, median: 2.5 });
});

test('metrics that order the methods alike agree, whichever way they point', () => {
  const methods = ['a', 'b', 'c', 'd'];
  const rows = methods.flatMap((method, i) => [ok({ method }, i), ok({ method, metric: 'insertion' }, 9 - i), ok({ method, metric: 'sparseness' }, i)]);
  const found = new Map(analyse(rows, null).metricAgreement.map(({ metrics, kendall }) => [metrics.join(), kendall]));
  expect(found.get('deletion,insertion')).toBeCloseTo(1, 12);
  expect(found.get('deletion,sparseness')).toBeCloseTo(-1, 12);
});

test('backends agree where they order the methods alike; the farthest maps come first', () => {
  const rows = ['a', 'b', 'c'].flatMap((method, i) => [ok({ method }, i), ok({ method, backend: 'tfjs' }, 2 * i)]);
  rows.push(ok({ method: 'a', metric: 'agreement', backend: 'onnxruntime~tfjs' }, 1e-7), ok({ method: 'b', metric: 'agreement', backend: 'onnxruntime~tfjs' }, 1e-3));
  const { backendAgreement, mapDistances } = analyse(rows, null);
  expect(backendAgreement).toEqual([expect.objectContaining({ backends: ['onnxruntime', 'tfjs'], methods: 3, spearman: 1 })]);
  expect(mapDistances.map(({ method }) => method)).toEqual(['b', 'a']);
});

test('rows of older runs, without scores per sample, have ranks without intervals and no comparisons', () => {
  const now = [ok({ method: 'a' }, 0.2), ok({ method: 'random' }, 0.4)];
  const old = now.map((row) => JSON.parse(JSON.stringify({ ...row, scores: undefined, key: undefined })) as ResultRow);
  const { ranking, withControls, table } = tableOf(old);
  expect(ranking.ranks.get('a')).toEqual({ rank: 1, ci95: null });
  expect(withControls).toEqual([]);
  expect(table.entries.map(({ control }) => control)).toEqual([false, true]);
});

test('failed rows take part in nothing', () => {
  expect(analyse([failed({}, 'ABORTED', 'late')], null).scopes).toEqual([]);
});
