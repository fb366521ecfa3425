import { join } from 'node:path';
import { writeWhole } from '@pellucid/files';
import type { Analysis } from '../analysis/analyse.ts';
import type { PruningRow, ResultRow } from '../store/result-row.ts';
import type { RunRecord } from '../store/run-record.ts';
import { comparisonsCsv, pruningCsv, ranksCsv, resultsCsv, scoresCsv } from './csv.ts';
import { pruningMarkdown, resultsMarkdown } from './markdown.ts';

/** Writes `report.md`, and `results.csv`, `scores.csv`, `ranks.csv`, `comparisons.csv` or `pruning.csv`. @throws OUTPUT_UNWRITABLE. */
export function writeExports(out: string, record: RunRecord, rows: readonly ResultRow[], pruning: readonly PruningRow[], analysis: Analysis): void {
  const files: readonly (readonly [string, string])[] = record.command === 'run'
    ? [
        ['report.md', resultsMarkdown(rows, record, analysis)], ['results.csv', resultsCsv(rows)], ['scores.csv', scoresCsv(rows)],
        ['ranks.csv', ranksCsv(analysis)], ['comparisons.csv', comparisonsCsv(analysis)],
      ]
    : [['report.md', pruningMarkdown(pruning)], ['pruning.csv', pruningCsv(pruning)]];
  for (const [name, text] of files) writeWhole(join(out, name), text);
}
