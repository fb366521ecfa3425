import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { readJsonLines } from '../src/store/json-lines.ts';
import { cellId, type ResultRow } from '../src/store/result-row.ts';
import type { RunRecord } from '../src/store/run-record.ts';
import { buildBench, MAIN } from './built-bench.ts';

/** How often the run is killed: a handful, or as many as the environment says. */
const KILLS = Number(process.env['PELLUCID_KILLS'] ?? 4);
const SEED = Number(process.env['PELLUCID_KILLS_SEED'] ?? 0);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-kills-'));
  const settings = {
    models: ['plain-cnn'], samples: 2, trainImages: 32, testImages: 16, pruning: { width: 2, images: 4 }, methods: ['saliency', 'attention-rollout'],
    metrics: ['deletion', 'insertion', 'max-sensitivity', 'sparseness', 'pruning', 'roar', 'agreement'],
    metricOptions: { 'max-sensitivity': { draws: 2 }, 'roar': { percents: [50], retrainings: 1 } }, quick: true,
  };
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  buildBench();
}, 300_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const argumentsFor = (out: string): string[] => [MAIN, 'run', '--config', 'settings.json', '--out', out, '--resume'];
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, INIT_CWD: folder });
const rowsOf = (out: string): ResultRow[] => readJsonLines<ResultRow>(join(folder, out, 'results.jsonl'));

/** Starts or goes on with a run and kills it after so long, unless it is done before. @returns whether it was killed */
function killAfter(out: string, milliseconds: number): Promise<boolean> {
  const child = spawn(process.execPath, argumentsFor(out), { stdio: 'ignore', env: environment() });
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    child.once('close', (_, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL');
    });
  });
}

/** What is known of each cell, without what is measured with a clock. */
const valuesOf = (rows: readonly ResultRow[]): Map<string, unknown> =>
  new Map(rows.map((row) => [cellId(row), [row.status, row.value, row.scores, row.key, row.forwardPasses, row.error]]));

const recordOf = (out: string): RunRecord => JSON.parse(readFileSync(join(folder, out, 'run.json'), 'utf8')) as RunRecord;

test(`a run that is killed ${KILLS} times at random moments has every cell once, with the values of a run that was not`, async () => {
  const started = performance.now();
  expect(spawnSync(process.execPath, argumentsFor('whole'), { env: environment() }).status).toBe(0);
  const whole = performance.now() - started;
  const { uniform } = randomStream(SEED, 'kills');
  let killed = 0;
  for (let round = 0; killed < KILLS; round++) {
    const out = `killed-${round}`;
    // Several kills to a run, each soon after the one before: at the start, in the middle of cells, at the end.
    for (let again = true; again && killed < KILLS;) {
      again = await killAfter(out, uniform() * whole);
      if (!again) continue;
      killed++;
      const rows = existsSync(join(folder, out, 'results.jsonl')) ? rowsOf(out) : [];
      expect(new Set(rows.map(cellId)).size).toBe(rows.length);
    }
    expect(spawnSync(process.execPath, argumentsFor(out), { env: environment() }).status).toBe(0);
    expect(rowsOf(out)).toHaveLength(rowsOf('whole').length);
    expect(valuesOf(rowsOf(out))).toEqual(valuesOf(rowsOf('whole')));
    const [ended, reference] = [recordOf(out), recordOf('whole')];
    expect(ended.end).not.toBeNull();
    const sorted = (record: RunRecord): string[] => ('notApplicable' in record ? record.notApplicable.map((entry) => JSON.stringify(entry)).sort() : []);
    expect(sorted(ended)).toEqual(sorted(reference));
    rmSync(join(folder, out), { recursive: true });
  }
}, 120_000 + KILLS * 60_000);
