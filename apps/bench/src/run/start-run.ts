import { writeWhole } from '@pellucid/files';
import { FILES } from '../store/folder.ts';
import type { CellKey } from '../store/result-row.ts';
import { describeMachine, programVersions, writeRunRecord, type NotApplicable, type RunRecord } from '../store/run-record.ts';
import type { Execution } from '../configuration/configuration.ts';
import { createInProcessPool } from './in-process.ts';
import { createPool, type Pool } from './pool.ts';
import { findEarlierRun } from './resume.ts';

/** A command as `run.json` names it. */
export type Command =
  | Pick<Extract<RunRecord, { command: 'run' }>, 'command' | 'configuration' | 'protocol'>
  | Pick<Extract<RunRecord, { command: 'prune' }>, 'command' | 'configuration'>;

/** What is kept of a run while it lasts. */
export interface Session {
  readonly pool: Pool;
  readonly earlier: RunRecord | null;
  readonly addVersions: (versions: Readonly<Record<string, string>>) => void;
  readonly addTrained: (trained: RunRecord['trained'][number]) => void;
  readonly addNotApplicable: (cell: CellKey, reason: string) => void;
  /** Writes `run.json`: with an end when the run is over. */
  readonly save: (over: boolean) => RunRecord;
}

/** The processes of a command, or this one. */
export function startPool({ workers, timeout, memory }: Execution): Pool {
  if (workers === 0) return createInProcessPool();
  return createPool(workers, new URL('../worker/worker.js', import.meta.url), { timeout, memory });
}

/** Starts a run in its folder: finds the run that it continues, and writes `run.json`. @throws CONFIGURATION_INVALID, OUTPUT_UNWRITABLE. */
export function startRun(command: Command, execution: Execution): Session {
  const { out, resume } = execution;
  const earlier = resume ? findEarlierRun(out, command) : null;
  const versions: Record<string, string> = { ...earlier?.versions, ...programVersions() };
  const trained = new Map((earlier?.trained ?? []).map((record) => [`${record.dataset} ${record.network} ${record.seed}`, record]));
  const notApplicable = new Map<string, NotApplicable>();
  const start = earlier?.start ?? new Date().toISOString();
  const save = (over: boolean): RunRecord => {
    const common = { versions, machine: describeMachine(), trained: [...trained.values()], start, end: over ? new Date().toISOString() : null };
    const record: RunRecord = command.command === 'run' ? { ...command, ...common, notApplicable: [...notApplicable.values()] } : { ...command, ...common };
    writeRunRecord(out, record);
    return record;
  };
  save(false);
  // A report of other results would be taken for that of this run.
  writeWhole(FILES.report(out), '<!doctype html><meta charset="utf-8"><title>Pellucid bench</title><p>The run is not over.</p>\n');
  return {
    pool: startPool(execution),
    earlier,
    addVersions: (found) => Object.assign(versions, found),
    addTrained: (record) => {
      trained.set(`${record.dataset} ${record.network} ${record.seed}`, record);
    },
    addNotApplicable: ({ dataset, model, method, backend, metric }, reason) => {
      // What a network or a backend lacks, it lacks with every seed.
      notApplicable.set(JSON.stringify([dataset, model, method, backend, metric]), { dataset, model, method, backend, metric, reason });
    },
    save,
  };
}
