import { existsSync } from 'node:fs';
import { PellucidError } from '@pellucid/core';
import { DEFAULT_STATISTICS, statisticsOf } from '../analysis/analyse.ts';
import { metricFacts } from '../analysis/metric-facts.ts';
import { formatEstimate, formatNumber, formatP } from '../report/describe.ts';
import { adjustForMany } from '../statistics/multiple-comparisons.ts';
import { signedRankTest } from '../statistics/signed-rank.ts';
import { FILES } from '../store/folder.ts';
import { readJsonLines } from '../store/json-lines.ts';
import { cellId, type ResultRow } from '../store/result-row.ts';
import { readRunRecord, type RunRecord } from '../store/run-record.ts';

/** How a cell differs between two runs. */
export type Change = 'same' | 'not significant' | 'better' | 'worse' | 'fails now' | 'works now' | 'only in the first' | 'only in the second';

/** A cell in two runs. */
export interface Difference {
  readonly before: ResultRow | undefined;
  readonly after: ResultRow | undefined;
  readonly change: Change;
  /** Corrected p-value of the paired test; null where the samples cannot be paired. */
  readonly p: number | null;
}

/** The results of a run. */
export interface Results {
  readonly rows: readonly ResultRow[];
  readonly record: RunRecord | null;
}

/** Whether the samples of a cell are the same in both runs: same images of the same data set, drawn by the same seed. */
function samplesMatch(first: Results, second: Results, dataset: string): boolean {
  const imagesOf = ({ record }: Results): string => {
    if (record?.command !== 'run') return '';
    const { datasets, samples } = record.configuration;
    return JSON.stringify([samples, datasets.filter(({ name }) => name === dataset).map(({ testImages }) => testImages)]);
  };
  return imagesOf(first) === imagesOf(second);
}

/** Differences of the scores, sample by sample; null where they cannot be paired. */
function pairedDifferences(before: ResultRow, after: ResultRow): number[] | null {
  const [old, now] = [before.scores ?? [], after.scores ?? []];
  if (old.length === 0 || old.length !== now.length) return null;
  return now.flatMap((score, i) => {
    const against = old[i]!;
    return score === null || against === null ? [] : [score - against];
  });
}

const disjoint = ({ ci95: a }: ResultRow, { ci95: b }: ResultRow): boolean => a === null || b === null || a[1] < b[0] || b[1] < a[0];

interface Pending {
  readonly before: ResultRow;
  readonly after: ResultRow;
  readonly differences: readonly number[] | null;
}

function statusChange(before: ResultRow | undefined, after: ResultRow | undefined): Change | null {
  if (before === undefined) return 'only in the second';
  if (after === undefined) return 'only in the first';
  if (before.status !== after.status) return after.status === 'failed' ? 'fails now' : 'works now';
  return before.value === after.value && JSON.stringify(before.scores) === JSON.stringify(after.scores) ? 'same' : null;
}

/**
 * Matches the cells of two runs, in the order of the first. Cells with the same samples are compared by a paired test, corrected over all cells that
 * differ; others count as different where their intervals are apart.
 */
export function compareRuns(first: Results, second: Results): Difference[] {
  const [before, after] = [first, second].map(({ rows }) => new Map(rows.map((row) => [cellId(row), row]))) as [Map<string, ResultRow>, Map<string, ResultRow>];
  const ids = [...new Set([...before.keys(), ...after.keys()])];
  const direction = new Map(metricFacts([...first.rows, ...second.rows], second.record ?? first.record).map((metric) => [metric.name, metric.direction]));
  const pending = new Map<string, Pending>();
  for (const id of ids) {
    const [a, b] = [before.get(id), after.get(id)];
    if (a === undefined || b === undefined || statusChange(a, b) !== null) continue;
    pending.set(id, { before: a, after: b, differences: samplesMatch(first, second, a.dataset) ? pairedDifferences(a, b) : null });
  }
  const paired = [...pending].flatMap(([id, { differences }]) => (differences === null || differences.length === 0 ? [] : [{ id, ...signedRankTest(differences) }]));
  const { level, correction } = second.record === null ? DEFAULT_STATISTICS : statisticsOf(second.record);
  const adjusted = adjustForMany(paired.map(({ p }) => p), correction);
  const tests = new Map(paired.map(({ id, side }, i) => [id, { p: adjusted[i]!, side }]));
  return ids.map((id): Difference => {
    const [a, b, test, open] = [before.get(id), after.get(id), tests.get(id), pending.get(id)];
    const status = statusChange(a, b);
    if (status !== null || open === undefined) return { before: a, after: b, change: status ?? 'same', p: null };
    const rises = Math.sign((open.after.value ?? 0) - (open.before.value ?? 0));
    const differs = test === undefined ? disjoint(open.before, open.after) : test.p <= level && test.side === rises;
    const better = rises === (direction.get(open.before.metric) === 'higher' ? 1 : -1);
    return { before: a, after: b, change: !differs ? 'not significant' : better ? 'better' : 'worse', p: test?.p ?? null };
  });
}

/** Whether the second run is worse: a cell that is significantly worse, or fails now. */
export const hasRegressed = (differences: readonly Difference[]): boolean => differences.some(({ change }) => change === 'worse' || change === 'fails now');

/** Reads the results of a run. @throws DATA_MISSING, DATA_INVALID. */
export function readResults(folder: string): Results {
  const file = FILES.results(folder);
  if (!existsSync(file)) {
    throw new PellucidError('DATA_MISSING', {
      what: 'results', where: folder, problem: 'there is no results.jsonl', help: 'Name the `--out` folder of `pellucid-bench run`.',
    });
  }
  return { rows: readJsonLines<ResultRow>(file), record: readRunRecord(folder) };
}

function describeRow(row: ResultRow | undefined): string {
  if (row === undefined) return 'none';
  return row.value === null ? `failed (${row.error?.code ?? 'UNEXPECTED'})` : formatEstimate({ value: row.value, ci95: row.ci95 });
}

const ORDER: readonly Change[] = ['worse', 'fails now', 'better', 'works now', 'only in the first', 'only in the second', 'not significant', 'same'];

/** The differences as text, what is worse first; then how many cells there are of each kind. */
export function describeDifferences(differences: readonly Difference[]): string {
  const lines = ORDER.filter((change) => change !== 'same' && change !== 'not significant').flatMap((wanted) =>
    differences.filter(({ change }) => change === wanted).map(({ before, after, change, p }) => {
      const row = before ?? after;
      const name = row === undefined ? '' : `${row.dataset} ${row.model} ${row.method} ${row.backend} ${row.metric} seed ${row.seed}`;
      return `${change}: ${name}: ${describeRow(before)} -> ${describeRow(after)}${p === null ? '' : ` (p ${formatP(p)})`}`;
    }));
  const small = differences.filter(({ change }) => change === 'not significant').map(({ before, after }) => Math.abs((after?.value ?? 0) - (before?.value ?? 0)));
  const counts = [...ORDER].reverse().flatMap((wanted) => {
    const count = differences.filter(({ change }) => change === wanted).length;
    return count === 0 ? [] : [`${count} ${wanted === 'same' ? 'the same' : wanted === 'not significant' ? `not significantly different (by ${formatNumber(Math.max(...small))} at most)` : wanted}`];
  });
  lines.push(`${differences.length} cells: ${counts.join(', ')}`);
  return `${lines.join('\n')}\n`;
}
