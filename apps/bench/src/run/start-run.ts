import { FILES } from '../store/folder.ts';
import { describeMachine, programVersions, writeRunRecord, type RunRecord } from '../store/run-record.ts';
import { writeWhole } from '../store/write-whole.ts';
import type { Execution } from '../configuration/configuration.ts';
import { createPool, type Pool } from './pool.ts';
import { findEarlierRun } from './resume.ts';

/** A command as `run.json` names it. */
export type Command = Pick<RunRecord, 'command' | 'configuration'>;

/** What is kept of a run while it lasts. */
export interface Session {
  readonly pool: Pool;
  readonly earlier: RunRecord | null;
  readonly addVersions: (versions: Readonly<Record<string, string>>) => void;
  readonly addTrained: (trained: RunRecord['trained'][number]) => void;
  /** Writes `run.json`: with an end when the run is over. */
  readonly save: (over: boolean) => RunRecord;
}

/** Starts a run in its folder: finds the run that it continues, and writes `run.json`. @throws CONFIGURATION_INVALID, OUTPUT_UNWRITABLE. */
export function startRun(command: Command, { out, workers, resume }: Execution): Session {
  const earlier = resume ? findEarlierRun(out, command) : null;
  const versions: Record<string, string> = { ...earlier?.versions, ...programVersions() };
  const trained = new Map((earlier?.trained ?? []).map((record) => [`${record.network} ${record.seed}`, record]));
  const start = earlier?.start ?? new Date().toISOString();
  const save = (over: boolean): RunRecord => {
    const record: RunRecord = {
      ...command,
      versions,
      machine: describeMachine(),
      trained: [...trained.values()],
      start,
      end: over ? new Date().toISOString() : null,
    } as RunRecord;
    writeRunRecord(out, record);
    return record;
  };
  save(false);
  // A report of other results would be taken for that of this run.
  writeWhole(FILES.report(out), '<!doctype html><meta charset="utf-8"><title>Pellucid bench</title><p>The run is not over.</p>\n');
  return {
    pool: createPool(workers, new URL('../worker/worker.js', import.meta.url)),
    earlier,
    addVersions: (found) => Object.assign(versions, found),
    addTrained: (record) => {
      trained.set(`${record.network} ${record.seed}`, record);
    },
    save,
  };
}
