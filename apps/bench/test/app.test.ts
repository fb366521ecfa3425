import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeNpy } from '@pellucid/core';
import { runProgram } from '../src/command-line/program.ts';
import { readJsonLines } from '../src/store/json-lines.ts';
import { cellId, type PruningRow, type ResultRow } from '../src/store/result-row.ts';
import type { RunRecord } from '../src/store/run-record.ts';

const ROOT = join(__dirname, '../../..');
const MAIN = join(__dirname, '../dist/main.js');
/** One network, few images, a network for retraining that learns in no time. */
const TINY = ['run', '--quick', '--config', 'tiny.json'];
const SETTINGS = { models: ['plain-cnn'], samples: 2, trainImages: 32, testImages: 16, pruning: { width: 2, images: 4 } };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-bench-'));
  writeFileSync(join(folder, 'tiny.json'), JSON.stringify(SETTINGS));
  // The program runs built; building is a no-op when nothing changed.
  const built = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b', join(__dirname, '../tsconfig.lib.json')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stdout);
}, 300_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
const bench = (args: readonly string[]): Run => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env: { ...process.env, INIT_CWD: folder }, cwd: tmpdir() });
  return { status, stdout, stderr };
};
const start = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore', env: { ...process.env, INIT_CWD: folder } });
const rowsOf = (out: string): ResultRow[] => readJsonLines<ResultRow>(join(folder, out, 'results.jsonl'));
const recordOf = (out: string): RunRecord => JSON.parse(readFileSync(join(folder, out, 'run.json'), 'utf8')) as RunRecord;

test('every method x backend x metric ends ok, and backends agree', () => {
  const { status, stdout } = bench([...TINY, '--methods', 'saliency,grad-cam', '--out', 'matrix']);
  expect(status).toBe(0);
  const rows = rowsOf('matrix');
  // Two methods and five controls on two backends by six metrics, and two comparisons.
  expect(rows).toHaveLength(7 * 2 * 6 + 2);
  expect(rows.filter((row) => row.status !== 'ok')).toEqual([]);
  expect(Object.keys(rows[0]!)).toEqual([
    'dataset', 'model', 'method', 'backend', 'engine', 'metric', 'status', 'value', 'ci95', 'samples', 'seed',
    'forwardPasses', 'backwardPasses', 'seconds', 'error', 'key', 'scores', 'median', 'scored', 'peakMemoryBytes', 'curve',
  ]);
  for (const { value, ci95, scores, scored, key } of rows) {
    expect(ci95?.[0]).toBeLessThanOrEqual(value ?? NaN);
    expect(ci95?.[1]).toBeGreaterThanOrEqual(value ?? NaN);
    expect(scores.filter((score) => score !== null)).toHaveLength(scored);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  }
  expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  expect(rows.filter(({ metric }) => metric === 'deletion').every(({ curve }) => curve?.at.length === curve?.mean.length)).toBe(true);
  expect(rows.filter(({ control }) => control === true)).toHaveLength(5 * 2 * 6);
  for (const { value } of rows.filter(({ metric }) => metric === 'agreement')) expect(value).toBeLessThan(1e-4);
  expect(stdout).toMatch(/plain-cnn on shapes, onnxruntime\nmethod +rank/);
  expect(stdout).toMatch(/\nrandom \(control\) +\d/);
  expect(stdout).toMatch(/onnxruntime~tfjs: agreement of maps/);
  const { end, versions, machine } = recordOf('matrix');
  expect(end).not.toBeNull();
  expect(versions['node']).toBe(process.versions.node);
  expect(machine.cores).toBeGreaterThan(0);
  const report = readFileSync(join(folder, 'matrix/report.html'), 'utf8');
  expect(report).toContain('data:image/png;base64,');
  expect(report).not.toMatch(/(src|href)="(?!data:|#)/);
});

test('the report can be written again, with its exports, and a run differs from itself in nothing', () => {
  for (const file of ['report.html', 'report.md', 'results.csv', 'scores.csv', 'ranks.csv', 'comparisons.csv']) rmSync(join(folder, 'matrix', file));
  expect(bench(['report', 'matrix'])).toMatchObject({ status: 0, stdout: expect.stringContaining('deletion') });
  for (const file of ['report.html', 'report.md', 'results.csv', 'scores.csv', 'ranks.csv', 'comparisons.csv']) expect(existsSync(join(folder, 'matrix', file))).toBe(true);
  expect(bench(['diff', 'matrix', 'matrix'])).toMatchObject({ status: 0, stdout: expect.stringMatching(/86 cells: 86 the same/) });
});

test('the same seed gives the same rows, whatever the number of processes', () => {
  bench([...TINY, '--methods', 'saliency', '--backends', 'onnxruntime', '--metrics', 'deletion,insertion', '--workers', '1', '--out', 'again']);
  const before = new Map(rowsOf('matrix').map((row) => [cellId(row), row.value]));
  for (const row of rowsOf('again')) expect(row.value).toBe(before.get(cellId(row)));
});

test('a killed run goes on where it was', async () => {
  const args = [...TINY, '--methods', 'saliency,occlusion', '--metrics', 'deletion,insertion,pruning', '--out', 'killed'];
  const child = start(args);
  const file = join(folder, 'killed/results.jsonl');
  const lines = (): number => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);
  while (lines() < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  // What a kill in the middle of a write leaves.
  writeFileSync(file, '{"dataset":"shapes","mod', { flag: 'a' });
  const before = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  expect(recordOf('killed').end).toBeNull();
  expect(bench([...args, '--resume']).status).toBe(0);
  const after = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  expect(after.slice(0, before.length)).toEqual(before);
  const rows = rowsOf('killed');
  expect(rows).toHaveLength(7 * 2 * 3);
  expect(new Set(rows.map(cellId)).size).toBe(7 * 2 * 3);
  expect(rows.every(({ status }) => status === 'ok')).toBe(true);
});

test('a finished run has nothing left to do, and another configuration cannot go on with it', () => {
  const before = readFileSync(join(folder, 'killed/results.jsonl'), 'utf8');
  expect(bench([...TINY, '--methods', 'saliency', '--metrics', 'deletion', '--out', 'killed', '--resume'])).toMatchObject({ status: 0, stderr: expect.stringContaining('0 cells') });
  expect(readFileSync(join(folder, 'killed/results.jsonl'), 'utf8')).toBe(before);
  expect(bench([...TINY, '--samples', '3', '--out', 'killed', '--resume'])).toMatchObject({
    status: 2, stderr: expect.stringMatching(/--resume.*samples \(2\)/),
  });
});

function installPlugin(name: string, body: string): void {
  const target = join(folder, 'node_modules', name);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, type: 'module', exports: './index.js', pellucid: { methods: ['mine'] } }));
  const core = join(ROOT, 'packages/core/dist/index.js');
  writeFileSync(join(target, 'index.js'), `import { defineMethod, zeros } from ${JSON.stringify(core)};
export const mine = defineMethod({
  name: ${JSON.stringify(`${name}-method`)}, title: 'Mine', paper: { authors: 'me', year: 2026, title: 'mine', url: 'https://example.org' },
  needs: [], kind: 'local', options: {}, explain: async (model, { input }) => { ${body} },
});\n`);
}

test('a package of methods is found by its name; one that kills its process costs its own cells alone', () => {
  installPlugin('quiet-plugin', 'return { values: zeros(input.shape) };');
  installPlugin('deadly-plugin', 'process.kill(process.pid, "SIGKILL"); return { values: input };');
  const { status, stdout } = bench([...TINY, '--methods', 'quiet-plugin,deadly-plugin,saliency', '--metrics', 'deletion,agreement', '--out', 'plugins']);
  expect(status).toBe(0);
  const failed = rowsOf('plugins').filter((row) => row.status === 'failed');
  expect(failed.map(({ method, metric, error }) => [method, metric, error?.code])).toEqual(
    expect.arrayContaining([['deadly-plugin-method', 'deletion', 'WORKER_DIED'], ['deadly-plugin-method', 'agreement', 'WORKER_DIED']]),
  );
  expect(new Set(failed.map(({ method }) => method))).toEqual(new Set(['deadly-plugin-method']));
  expect(rowsOf('plugins').filter(({ method }) => method === 'quiet-plugin-method').every((row) => row.status === 'ok')).toBe(true);
  expect(stdout).toContain('SIGKILL');
});

test('a method that cannot work on a network is a row with its typed error', () => {
  writeFileSync(join(folder, 'layer.json'), JSON.stringify({ ...SETTINGS, methodOptions: { 'grad-cam': { layer: 'nowhere' } } }));
  const { status } = bench(['run', '--quick', '--config', 'layer.json', '--methods', 'grad-cam', '--backends', 'onnxruntime', '--metrics', 'insertion', '--out', 'layer']);
  expect(status).toBe(0);
  const row = rowsOf('layer').find(({ method }) => method === 'grad-cam');
  expect(row).toMatchObject({ status: 'failed', value: null, ci95: null, error: { code: 'LAYER_NOT_FOUND' } });
});

test('pruning writes a row for each ranking and share, the recorded maps as pictures, and goes on after a kill', () => {
  const args = ['prune', '--quick', '--config', 'tiny.json', '--network', 'residual-cnn', '--fractions', '60,10', '--seeds', '1', '--out', 'pruned', '--directions', 'keep,remove',
    '--rankings', 'accumulated-gradients,accumulated-gradients-absolute-mean-all-epochs,saliency,edges,centre-prior'];
  expect(bench(args)).toMatchObject({ status: 0, stdout: expect.stringContaining('accumulated-gradients') });
  const file = join(folder, 'pruned/pruning.jsonl');
  const rows = readJsonLines<PruningRow>(file);
  expect(rows).toHaveLength(5 * 2 * 2);
  expect(new Set(rows.map(({ direction }) => direction))).toEqual(new Set(['keep', 'remove']));
  expect(Object.keys(rows[0]!)).toEqual([
    'dataset', 'network', 'ranking', 'direction', 'fraction', 'seed', 'referenceAccuracy', 'accuracy', 'drop',
  ]);
  for (const { referenceAccuracy, accuracy, drop } of rows) expect(drop).toBeCloseTo(referenceAccuracy - accuracy, 9);
  const record = join(folder, 'pruned/maps/training.shapes.residual-cnn.seed0');
  expect(decodeNpy(readFileSync(`${record}.npy`), record).shape).toEqual([1, 32, 32, 3]);
  expect(readFileSync(`${record}.epochs.png`).subarray(1, 4).toString()).toBe('PNG');
  const sorted = (list: readonly PruningRow[]): string[] => list.map((row) => JSON.stringify(row)).sort();
  writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, 2).join('\n') + '\n{"data');
  expect(bench([...args, '--resume']).status).toBe(0);
  expect(sorted(readJsonLines<PruningRow>(file))).toEqual(sorted(rows));
});

const data = join(ROOT, '../shared/data/fashion-mnist');
(existsSync(data) ? test : test.skip)('a data set of files gets a network that is trained on it, exported to both engines', () => {
  writeFileSync(join(folder, 'fashion.json'), JSON.stringify({ trainImages: 256, testImages: 64, training: { epochs: 2 } }));
  const { status, stderr } = bench([
    'run', '--quick', '--config', 'fashion.json', '--dataset', 'fashion-mnist', '--data-dir', data, '--samples', '2', '--methods', 'saliency',
    '--metrics', 'insertion,agreement', '--out', 'fashion',
  ]);
  expect(status).toBe(0);
  expect(stderr).toMatch(/plain-cnn \(seed 0\) is right on [\d.]+ %/);
  expect(rowsOf('fashion').every((row) => row.status === 'ok')).toBe(true);
  expect(rowsOf('fashion').find(({ metric }) => metric === 'agreement')?.value).toBeLessThan(1e-4);
  expect(recordOf('fashion').trained).toHaveLength(1);
  expect(readdirSync(join(folder, 'fashion/maps'))).toEqual(
    expect.arrayContaining(['training.fashion-mnist.plain-cnn.seed0.npy', 'training.fashion-mnist.plain-cnn.seed0.png', 'training.fashion-mnist.plain-cnn.seed0.epochs.png']),
  );
});

test.each([
  ['an unknown method', [...TINY, '--methods', 'grad-can'], /Cannot find method `grad-can`.*`grad-cam`/],
  ['an unknown backend', [...TINY, '--backends', 'tensorrt'], /backend `tensorrt`/],
  ['an unknown metric', [...TINY, '--metrics', 'deletions'], /metric `deletions`.*`deletion`/],
  ['an unknown network', ['run', '--models', 'vgg'], /network `vgg`/],
  ['an unknown data set', ['run', '--dataset', 'imagenet'], /data set `imagenet`/],
  ['a data set without its folder', ['run', '--dataset', 'mnist'], /--data-dir/],
  ['an empty data folder', ['run', '--dataset', 'mnist', '--data-dir', '.'], /mnist/],
  ['no number', [...TINY, '--seeds', 'few'], /`seeds`/],
  ['an unknown flag', ['run', '--sample', '3'], /--samples/],
  ['a missing configuration', ['run', '--config', 'none.json'], /none\.json/],
  ['a folder without a run', ['report', 'nowhere'], /run\.json/],
  ['a folder without results', ['diff', 'nowhere', 'nowhere'], /results\.jsonl/],
  ['an unknown ranking', ['prune', '--rankings', 'edge'], /`edge`.*`edges`/],
])('%s: status 2, one sentence, no stack trace, nothing left behind', async (_, args, message) => {
  const text = { stdout: '', stderr: '' };
  const status = await runProgram([...args, ...(args[0] === 'run' || args[0] === 'prune' ? ['--out', 'never'] : [])], {
    folder,
    stdout: (part) => (text.stdout += part),
    stderr: { write: (part) => (text.stderr += part) },
  });
  expect(status).toBe(2);
  expect(text.stdout).toBe('');
  expect(text.stderr).toMatch(message);
  expect(text.stderr).not.toMatch(/^ {4}at /m);
  expect(existsSync(join(folder, 'never'))).toBe(false);
});

test('a folder that cannot be made is refused before anything runs', () => {
  writeFileSync(join(folder, 'a-file'), '');
  const { status, stderr } = bench([...TINY, '--out', 'a-file/results']);
  expect(status).toBe(2);
  expect(stderr).toContain('Cannot write');
  expect(stderr).not.toMatch(/^ {4}at /m);
});
