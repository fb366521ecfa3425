import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readJsonLines } from '../src/store/json-lines.ts';
import type { StudyRow } from '../src/study/study.ts';
import { buildBench, MAIN } from './built-bench.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-study-'));
  buildBench();
}, 300_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const ARGUMENTS = ['study', '--quick', '--epochs', '2', '--width', '2', '--repeats', '2', '--batch-sizes', '16,48', '--out', 'study'];
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, INIT_CWD: folder });
const bench = (args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
  spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env: environment() });
const rows = (): readonly StudyRow[] => (existsSync(join(folder, 'study/study.jsonl')) ? readJsonLines<StudyRow>(join(folder, 'study/study.jsonl')) : []);

test('a study that is killed goes on: every training once, and a page of plots', async () => {
  const child = spawn(process.execPath, [MAIN, ...ARGUMENTS], { stdio: 'ignore', env: environment() });
  const closed = new Promise((resolve) => child.once('close', resolve));
  while (rows().length < 2 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGKILL');
  await closed;
  const { status, stdout } = bench([...ARGUMENTS, '--resume']);
  expect(status).toBe(0);
  const ids = rows().map(({ factor, batchSize, repeat }) => `${factor} ${batchSize} ${repeat}`);
  expect(ids).toHaveLength(3 * 2 * 2);
  expect(new Set(ids).size).toBe(ids.length);
  // A head, and a line for each factor, batch size and averaging.
  expect(stdout.trim().split('\n')).toHaveLength(1 + 3 * 2 * 3);
  const page = readFileSync(join(folder, 'study/study.html'), 'utf8');
  expect(page.match(/<svg /g)).toHaveLength(3 * 3);
  expect(page).not.toMatch(/<script|<link (?!rel="icon" href="data:,")|https?:\/\/(?!www\.w3\.org)/);
  expect(bench([...ARGUMENTS, '--resume']).stdout).toBe(stdout);
});

test('the same network stands in every factor, and other data are refused', () => {
  const accuracy = (factor: string): number | undefined => rows().find((row) => row.factor === factor && row.batchSize === 16 && row.repeat === 0)?.accuracy;
  expect(accuracy('order')).toBe(accuracy('seed'));
  expect(accuracy('initialisation')).toBe(accuracy('seed'));
  const other = bench([...ARGUMENTS, '--resume', '--train-images', '64']);
  expect(other).toMatchObject({ status: 2, stderr: expect.stringContaining('other data') });
  expect(bench(['study', '--factors', 'weather', '--out', 'never'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/factors/) });
  expect(bench(['study', '--repeats', '1', '--out', 'never']).status).toBe(2);
});
