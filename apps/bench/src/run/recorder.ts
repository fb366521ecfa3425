import type { Progress } from '../progress/progress.ts';
import type { Workload } from '../progress/workload.ts';
import { FILES } from '../store/folder.ts';
import { openJsonLines, readJsonLines } from '../store/json-lines.ts';
import { cellId, failedRow, scoredRow, type CellFacts, type CellKey, type Failure, type Outcome, type ResultRow } from '../store/result-row.ts';

/** Writes each row as its cell ends, and knows which cells are done. */
export interface Recorder {
  readonly isDone: (cell: CellKey) => boolean;
  readonly scored: (cell: CellKey, outcome: Outcome) => void;
  readonly failed: (cell: CellKey, engine: string | null, failure: Failure) => void;
  /** What the cell would need is not there: it gets no row. */
  readonly notApplicable: (cell: CellKey, reason: string) => void;
  /** A piece of work ended. @param seconds - null where it was read from disk */
  readonly spent: (unit: string, seconds: number | null) => void;
  readonly close: () => void;
}

/** What a recorder needs to know of a run. */
export interface RecorderSettings {
  readonly out: string;
  /** Rows that count already. */
  readonly earlier: readonly ResultRow[];
  readonly factsOf: (cell: CellKey) => CellFacts;
  readonly onNotApplicable: (cell: CellKey, reason: string) => void;
  readonly progress: () => Progress;
  readonly workload: () => Workload | null;
}

/**
 * Rows of an earlier run that count: scored cells whose content hash is still the same, each once. Failed ones are tried again.
 * @param keyOf - undefined for cells that this run does not ask for, whose rows stay
 */
export function earlierRows(out: string, keyOf: (cell: CellKey) => string | null | undefined): ResultRow[] {
  const rows = readJsonLines<ResultRow>(FILES.results(out)).filter((row) => {
    const key = keyOf(row);
    return row.status === 'ok' && (key === undefined || key === row.key);
  });
  return [...new Map(rows.map((row) => [cellId(row), row])).values()];
}

/** Opens the results of a run, starting with rows of an earlier one. @throws OUTPUT_UNWRITABLE. */
export function openRecorder({ out, earlier, factsOf, onNotApplicable, progress, workload }: RecorderSettings): Recorder {
  const lines = openJsonLines(FILES.results(out), earlier);
  const done = new Set(earlier.map(cellId));
  const end = (cell: CellKey): string => {
    done.add(cellId(cell));
    // Where nothing was said of its time, the cell is over all the same.
    workload()?.finish(cellId(cell), null);
    return `${cell.model} ${cell.method} ${cell.backend} ${cell.metric}`;
  };
  const add = (row: ResultRow): void => {
    if (done.has(cellId(row))) return;
    lines.append(row);
    const name = end(row);
    if (row.error !== null) progress().log(`failed: ${name}: ${row.error.message}`);
    progress().tick(name);
  };
  return {
    isDone: (cell) => done.has(cellId(cell)),
    scored: (cell, outcome) => {
      add(scoredRow(cell, factsOf(cell), outcome));
    },
    failed: (cell, engine, failure) => {
      add(failedRow(cell, factsOf(cell), engine, failure));
    },
    notApplicable: (cell, reason) => {
      if (done.has(cellId(cell))) return;
      onNotApplicable(cell, reason);
      progress().tick(end(cell));
    },
    spent: (unit, seconds) => {
      workload()?.finish(unit, seconds);
    },
    close: lines.close,
  };
}
