import { PellucidError } from '@pellucid/core';
import { existsSync } from 'node:fs';
import { FILES } from '../store/folder.ts';
import { readJsonLines } from '../store/json-lines.ts';
import { cellId, type ResultRow } from '../store/result-row.ts';
import { formatCell } from '../report/describe.ts';

/** How a cell differs between two runs. */
export type Change = 'same' | 'within intervals' | 'different' | 'only in the first' | 'only in the second' | 'status';

/** A cell in two runs. */
export interface Difference {
  readonly before: ResultRow | undefined;
  readonly after: ResultRow | undefined;
  readonly change: Change;
}

function changeBetween(before: ResultRow | undefined, after: ResultRow | undefined): Change {
  if (before === undefined) return 'only in the second';
  if (after === undefined) return 'only in the first';
  if (before.status !== after.status) return 'status';
  if (before.value === after.value) return 'same';
  if (before.ci95 === null || after.ci95 === null) return 'different';
  return before.ci95[0] <= after.ci95[1] && after.ci95[0] <= before.ci95[1] ? 'within intervals' : 'different';
}

/** Matches the cells of two runs, in the order of the first. */
export function compareRuns(first: readonly ResultRow[], second: readonly ResultRow[]): Difference[] {
  const after = new Map(second.map((row) => [cellId(row), row]));
  const before = new Map(first.map((row) => [cellId(row), row]));
  return [...new Set([...before.keys(), ...after.keys()])].map((id) => {
    const [a, b] = [before.get(id), after.get(id)];
    return { before: a, after: b, change: changeBetween(a, b) };
  });
}

/** Reads the results of a run. @throws DATA_MISSING, DATA_INVALID. */
export function readResults(folder: string): ResultRow[] {
  const file = FILES.results(folder);
  if (!existsSync(file)) {
    throw new PellucidError('DATA_MISSING', {
      what: 'results', where: folder, problem: 'there is no results.jsonl', help: 'Name the `--out` folder of `pellucid-bench run`.',
    });
  }
  return readJsonLines<ResultRow>(file);
}

/** The differences as text: what changed, then how many cells did not. */
export function describeDifferences(differences: readonly Difference[]): string {
  const changed = differences.filter(({ change }) => change !== 'same');
  const lines = changed.map(({ before, after, change }) => {
    const row = before ?? after;
    const name = row === undefined ? '' : `${row.dataset} ${row.model} ${row.method} ${row.backend} ${row.metric} seed ${row.seed}`;
    return `${name}: ${formatCell(before) || 'none'} -> ${formatCell(after) || 'none'} (${change})`;
  });
  const count = (change: Change): number => differences.filter((difference) => difference.change === change).length;
  const within = count('within intervals');
  lines.push(`${differences.length} cells: ${count('same')} the same, ${within} within their intervals, ${changed.length - within} otherwise different`);
  return `${lines.join('\n')}\n`;
}
