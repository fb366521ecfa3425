import type { Progress } from '../progress/progress.ts';
import { FILES } from '../store/folder.ts';
import { openJsonLines, readJsonLines } from '../store/json-lines.ts';
import { cellId, failedRow, scoredRow, type CellKey, type Failure, type Outcome, type ResultRow } from '../store/result-row.ts';

/** Writes each row as its cell ends, and knows which cells are done. */
export interface Recorder {
  readonly isDone: (cell: CellKey) => boolean;
  readonly scored: (cell: CellKey, outcome: Outcome) => void;
  readonly failed: (cell: CellKey, engine: string | null, failure: Failure) => void;
  readonly close: () => void;
}

/** Rows of an earlier run that count: scored cells. Failed ones are tried again. */
export function earlierRows(out: string): ResultRow[] {
  const rows = readJsonLines<ResultRow>(FILES.results(out)).filter(({ status }) => status === 'ok');
  return [...new Map(rows.map((row) => [cellId(row), row])).values()];
}

/** Opens the results of a run, starting with rows of an earlier one. @throws OUTPUT_UNWRITABLE. */
export function openRecorder(out: string, earlier: readonly ResultRow[], progress: () => Progress): Recorder {
  const lines = openJsonLines(FILES.results(out), earlier);
  const done = new Set(earlier.map(cellId));
  const add = (row: ResultRow): void => {
    if (done.has(cellId(row))) return;
    lines.append(row);
    done.add(cellId(row));
    const name = `${row.model} ${row.method} ${row.backend} ${row.metric}`;
    if (row.error !== null) progress().log(`failed: ${name}: ${row.error.message}`);
    progress().tick(name);
  };
  return {
    isDone: (cell) => done.has(cellId(cell)),
    scored: (cell, outcome) => {
      add(scoredRow(cell, outcome));
    },
    failed: (cell, engine, failure) => {
      add(failedRow(cell, engine, failure));
    },
    close: lines.close,
  };
}
