import { expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { failed, ok, record, withScores } from '../../test/example-rows.ts';
import type { ResultRow } from '../store/result-row.ts';
import { compareRuns, describeDifferences, hasRegressed, type Results } from './diff.ts';

const run = (rows: readonly ResultRow[]): Results => ({ rows, record });
const { normal } = randomStream(4, 'diff');
const scores = Array.from({ length: 20 }, () => normal());
const changes = (before: readonly ResultRow[], after: readonly ResultRow[]): string[] => compareRuns(run(before), run(after)).map(({ change }) => change);

test('cells that are the same, missing, new, or fail are told apart', () => {
  const before = [ok({}, 0.25), ok({ method: 'old' }, 1), ok({ method: 'flaky' }, 1), failed({ method: 'mended' }, 'ABORTED', 'late')];
  const after = [ok({}, 0.25), ok({ method: 'new' }, 1), failed({ method: 'flaky' }, 'ABORTED', 'late'), ok({ method: 'mended' }, 1)];
  const differences = compareRuns(run(before), run(after));
  expect(differences.map(({ change }) => change)).toEqual(['same', 'only in the first', 'fails now', 'works now', 'only in the second']);
  expect(hasRegressed(differences)).toBe(true);
  const text = describeDifferences(differences);
  expect(text).toContain('fails now: shapes plain flaky onnxruntime deletion seed 0: 1.000 [0.990, 1.010] -> failed (ABORTED)');
  expect(text).toMatch(/5 cells: 1 the same, 1 only in the second, 1 only in the first, 1 works now, 1 fails now\n$/);
});

test('a small change of every sample is found by pairs, although the intervals overlap; the direction of the metric decides', () => {
  const risen = scores.map((score) => score + 0.001);
  expect(changes([withScores({}, scores)], [withScores({}, risen)])).toEqual(['worse']);
  expect(changes([withScores({ metric: 'insertion' }, scores)], [withScores({ metric: 'insertion' }, risen)])).toEqual(['better']);
  expect(hasRegressed(compareRuns(run([withScores({ metric: 'insertion' }, scores)]), run([withScores({ metric: 'insertion' }, risen)])))).toBe(false);
});

test('noise is not significant, and does not count as a regression', () => {
  const noisy = scores.map((score, i) => score + (i % 2 === 0 ? 0.01 : -0.01) * (1 + i / 100));
  const differences = compareRuns(run([withScores({}, scores)]), run([withScores({}, noisy)]));
  expect(differences.map(({ change }) => change)).toEqual(['not significant']);
  expect(hasRegressed(differences)).toBe(false);
});

test('samples that are not the same are not paired: intervals decide', () => {
  const longer = [...scores, 0].map((score) => score + 0.001);
  expect(changes([withScores({}, scores)], [withScores({}, longer)])).toEqual([expect.not.stringMatching('same')]);
  expect(compareRuns(run([withScores({}, scores)]), run([withScores({}, longer)]))[0]?.p).toBeNull();
  expect(changes([withScores({}, scores)], [withScores({}, longer.map((score) => score + 9))])).toEqual(['worse']);
});

test('many cells are corrected for: one of a hundred chance findings is none', () => {
  // Six pairs of one sign have p = 1/32: significant alone, not among a hundred.
  const one = [withScores({}, [1, 2, 3, 4, 5, 6])];
  const other = [withScores({}, [1.1, 2.2, 3.3, 4.4, 5.5, 6.6])];
  const cells = (rows: readonly ResultRow[]): ResultRow[] => Array.from({ length: 100 }, (_, i) => rows.map((row) => ({ ...row, method: `m${i}` }))).flat();
  expect(changes(one, other)).toEqual(['worse']);
  expect(new Set(changes(cells(one), cells(other)))).toEqual(new Set(['not significant']));
});
