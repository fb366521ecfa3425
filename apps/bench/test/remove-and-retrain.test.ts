import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readJsonLines } from '../src/store/json-lines.ts';
import type { ResultRow } from '../src/store/result-row.ts';
import type { RunRecord } from '../src/store/run-record.ts';
import { buildBench, MAIN } from './built-bench.ts';

/** One network, few images, a network for retraining that learns in no time. */
const SETTINGS = {
  quick: true, models: ['plain-cnn'], samples: 2, trainImages: 32, testImages: 16, pruning: { width: 2, images: 4 }, backends: ['onnxruntime'],
  methods: ['saliency', 'accumulated-gradients'], metrics: ['roar', 'kar'],
  metricOptions: { roar: { percents: [30, 60], retrainings: 2 }, kar: { percents: [30, 60], retrainings: 2 } },
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-roar-'));
  buildBench();
}, 300_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function bench(settings: object, ...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  return spawnSync(process.execPath, [MAIN, 'run', '--config', 'settings.json', ...args], { encoding: 'utf8', env: { ...process.env, INIT_CWD: folder } });
}
const rowsOf = (out: string): ResultRow[] => readJsonLines<ResultRow>(join(folder, out, 'results.jsonl'));

test('ROAR and KAR are cells with a curve over the shares, for methods and controls, with a score for every test image', () => {
  expect(bench(SETTINGS, '--out', 'first', '--cache', 'cache')).toMatchObject({ status: 0 });
  const rows = rowsOf('first');
  expect(rows.map(({ method, metric }) => `${method} ${metric}`).sort()).toEqual(
    ['saliency', 'random', 'edges', 'input-magnitude', 'centre-prior', 'constant'].flatMap((method) => [`${method} kar`, `${method} roar`]).sort());
  for (const row of rows) {
    expect(row).toMatchObject({ status: 'ok', samples: 16, scored: 16 });
    const { at = [], mean = [], low = [], high = [] } = row.curve ?? {};
    expect(at).toEqual(row.metric === 'roar' ? [0, 0.3, 0.6] : [0.3, 0.6, 1]);
    // The area under the accuracy is the mean of the scores of the images.
    const area = at.slice(1).reduce((sum, position, i) => sum + ((position - at[i]!) * (mean[i]! + mean[i + 1]!)) / 2, 0) / (at[at.length - 1]! - at[0]!);
    expect(row.value).toBeCloseTo(area, 3);
    mean.forEach((value, i) => {
      expect(low[i]).toBeLessThanOrEqual(value);
      expect(high[i]).toBeGreaterThanOrEqual(value);
    });
  }
  // The networks trained on whole images are the same for all.
  expect(new Set(rows.map(({ metric, curve }) => curve?.mean.at(metric === 'roar' ? 0 : -1))).size).toBe(1);
  const { notApplicable } = JSON.parse(readFileSync(join(folder, 'first/run.json'), 'utf8')) as Extract<RunRecord, { command: 'run' }>;
  expect(notApplicable.map(({ method, reason }) => [method, reason])).toEqual(
    ['roar', 'kar'].map(() => ['accumulated-gradients', expect.stringContaining('none of a single one')]));
  const report = readFileSync(join(folder, 'first/report.html'), 'utf8');
  expect(report).toContain('ROAR (remove and retrain)');
  expect(report).toContain('share of pixels replaced');
}, 120_000);

test('another run with the same cache trains nothing again and says the same', () => {
  const { status } = bench(SETTINGS, '--out', 'second', '--cache', 'cache');
  expect(status).toBe(0);
  const values = (out: string): unknown[] => rowsOf(out).map(({ method, metric, key, value, curve }) => [method, metric, key, value, curve]).sort();
  expect(values('second')).toEqual(values('first'));
  const { resolved } = (JSON.parse(readFileSync(join(folder, 'second/run.json'), 'utf8')) as Extract<RunRecord, { command: 'run' }>).protocol;
  expect(resolved).toMatchObject({ metrics: [{ name: 'roar', options: { percents: [30, 60], retrainings: 2 } }, { name: 'kar' }] });
}, 120_000);

test.each([
  [{ roar: { percents: [60, 30] } }, /percents/],
  [{ roar: { fractions: [30] } }, /fractions.*roar/],
  [{ kar: { retrainings: 0 } }, /retrainings/],
])('options that make no sense are refused before anything runs: %j', (metricOptions, message) => {
  const { status, stderr } = bench({ ...SETTINGS, metricOptions }, '--out', 'refused');
  expect(status).not.toBe(0);
  expect(stderr).toMatch(message);
});
