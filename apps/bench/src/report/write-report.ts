import { existsSync, readFileSync } from 'node:fs';
import { PellucidError } from '@pellucid/core';
import { writeWhole } from '@pellucid/files';
import { analyse } from '../analysis/analyse.ts';
import { writeExports } from '../export/write-exports.ts';
import { FILES } from '../store/folder.ts';
import { readJsonLines } from '../store/json-lines.ts';
import type { PruningRow, ResultRow } from '../store/result-row.ts';
import { readRunRecord, type RunRecord } from '../store/run-record.ts';
import { reportPage } from './page.ts';
import { makeExamples } from './pictures.ts';
import { pruningNotes } from './pruning-summary.ts';
import type { ExampleSet, RecordPicture } from './sections/pictures.ts';
import { pruningTable, resultsTable } from './text-table.ts';

const EXAMPLES = 4;

async function examplesOf(out: string, { command, configuration }: RunRecord): Promise<ExampleSet[]> {
  if (command !== 'run' || !('backends' in configuration)) return [];
  const [backend] = configuration.backends;
  if (backend === undefined) return [];
  const methods = configuration.methods.map(({ name }) => name);
  return Promise.all(
    configuration.datasets.flatMap(({ name: dataset }) => configuration.models.map(async (model) => ({
      dataset, model, backend, methods, examples: await makeExamples(out, dataset, model, methods, backend, 0, EXAMPLES),
    }))),
  );
}

function recordsOf(out: string, { trained }: RunRecord): RecordPicture[] {
  return trained.flatMap(({ dataset, network, seed }) => {
    const file = FILES.record(out, dataset, network, seed);
    const urlOf = (path: string, type: string): string => `data:image/${type};base64,${readFileSync(path).toString('base64')}`;
    if (!existsSync(`${file}.epochs.png`)) return [];
    const animation = existsSync(`${file}.webp`) ? urlOf(`${file}.webp`, 'webp') : null;
    return [{ title: `${network} on ${dataset}, seed ${seed}: the map of every epoch, first to last`, url: urlOf(`${file}.epochs.png`, 'png'), animation }];
  });
}

/**
 * Writes `report.html`, `report.md` and the CSV files from the files of a run.
 * @returns the tables as text
 * @throws DATA_MISSING when the folder holds no run; DATA_INVALID, OUTPUT_UNWRITABLE.
 */
export async function writeReport(out: string): Promise<string> {
  const record = readRunRecord(out);
  if (record === null) {
    throw new PellucidError('DATA_MISSING', {
      what: 'a run', where: out, problem: 'there is no run.json', help: 'Name the `--out` folder of `pellucid-bench run` or `prune`.',
    });
  }
  const rows = record.command === 'run' ? readJsonLines<ResultRow>(FILES.results(out)) : [];
  const pruning = record.command === 'prune' ? readJsonLines<PruningRow>(FILES.pruning(out)) : [];
  const analysis = analyse(rows, record);
  const content = { record, rows, pruning, examples: await examplesOf(out, record), records: recordsOf(out, record), analysis };
  writeWhole(FILES.report(out), reportPage(content));
  writeExports(out, record, rows, pruning, analysis);
  return record.command === 'run' ? resultsTable(rows, analysis) : `${pruningTable(pruning)}${pruningNotes(record).map((note) => `\n${note}`).join('')}\n`;
}
