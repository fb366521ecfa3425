import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomStream } from '@pellucid/core';
import { readJsonLines } from '../src/store/json-lines.ts';
import { cellId, type ResultRow } from '../src/store/result-row.ts';
import type { RunRecord } from '../src/store/run-record.ts';
import { buildBench, MAIN, ROOT } from './built-bench.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-protocols-'));
  buildBench();
}, 300_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const bench = (args: readonly string[]): { readonly status: number | null; readonly stderr: string } => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'run', '--quick', ...args], { encoding: 'utf8', env: { ...process.env, INIT_CWD: folder }, cwd: tmpdir() });
  return { status, stderr };
};
const rowsOf = (out: string): ResultRow[] => readJsonLines<ResultRow>(join(folder, out, 'results.jsonl'));
const recordOf = (out: string): Extract<RunRecord, { command: 'run' }> =>
  JSON.parse(readFileSync(join(folder, out, 'run.json'), 'utf8')) as Extract<RunRecord, { command: 'run' }>;
const valuesOf = (out: string): Map<string, unknown> => new Map(rowsOf(out).map((row) => [cellId(row), [row.scores, row.key]]));
const dist = (name: string): string => JSON.stringify(join(ROOT, 'packages', name, 'dist/index.js'));

function installPlugin(name: string, field: object, code: string): void {
  const target = join(folder, 'node_modules', name);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './index.js', pellucid: field }));
  writeFileSync(join(target, 'index.js'), code);
}
const PAPER = "paper: { authors: 'me', year: 2026, title: 'mine', url: 'https://example.org' }";
const methodCode = (name: string, body: string): string => `import { defineMethod, mapValues, zeros } from ${dist('core')};
import { lrp } from ${dist('methods/lrp')};
export const mine = defineMethod({
  name: '${name}', title: 'Mine', ${PAPER}, needs: ['gradient', 'backward-rules'], kind: 'local', options: {},
  explain: async (model, batch, context) => { ${body} },
});\n`;

test('a method whose maps are upside down is significantly worse than random, and the right one better', () => {
  installPlugin('inverted-lrp', { methods: ['mine'] }, methodCode('inverted-lrp', `
    const { values, ...rest } = await lrp().explain(model, batch, context);
    return { ...rest, values: mapValues(values, (value) => -value) };`));
  const args = ['--methods', 'lrp,inverted-lrp', '--backends', 'onnxruntime', '--metrics', 'deletion,insertion', '--samples', '48', '--out', 'inverted'];
  expect(bench(args).status).toBe(0);
  const scoresOf = (method: string, metric: string): number[] => (rowsOf('inverted').find((row) => row.method === method && row.metric === metric)?.scores ?? []).map(Number);
  // Paired over the same samples: the bounds of the mean difference from random that holds for 99.9 % of the resamples, for four comparisons.
  const boundsOf = (method: string, metric: string): readonly [number, number] => {
    const random = scoresOf('random', metric);
    const differences = scoresOf(method, metric).map((score, sample) => score - (random[sample] ?? NaN));
    const { integer } = randomStream(0, 'paired');
    const means = Array.from({ length: 4000 }, () => differences.reduce((sum) => sum + (differences[integer(differences.length)] ?? NaN), 0) / differences.length);
    means.sort((a, b) => a - b);
    return [means[2] ?? NaN, means[3997] ?? NaN];
  };
  // Lower deletion is better, higher insertion is.
  expect(boundsOf('inverted-lrp', 'deletion')[0]).toBeGreaterThan(0);
  expect(boundsOf('lrp', 'deletion')[1]).toBeLessThan(0);
  expect(boundsOf('inverted-lrp', 'insertion')[1]).toBeLessThan(0);
  expect(boundsOf('lrp', 'insertion')[0]).toBeGreaterThan(0);
});

test('a package of metrics is found by its name; what it cannot score is null, and what nobody can is a failed row', () => {
  installPlugin('my-metrics', { metrics: ['brightest', 'never'] }, `import { defineMetric, integerOption, sampleData } from ${dist('core')};
const metric = (name, score) => defineMetric({
  name, title: name, category: 'complexity', direction: 'lower', ${PAPER}, needsMask: false, options: { factor: integerOption(2, 1, 'Times so much.') },
  score: async ({ values }, { factor }) => Float64Array.from({ length: values.shape[0] }, (_, i) => score(Math.max(...sampleData(values, i)), i, factor)),
});
export const brightest = metric('brightest', (most, sample, factor) => (sample === 1 ? NaN : factor * most));
export const never = metric('never', () => NaN);\n`);
  writeFileSync(join(folder, 'mine.json'), JSON.stringify({ metricOptions: { brightest: { factor: 3 } } }));
  const { status } = bench(['--config', 'mine.json', '--methods', 'saliency', '--backends', 'onnxruntime', '--metrics', 'my-metrics', '--samples', '3', '--out', 'metrics']);
  expect(status).toBe(0);
  const row = (method: string, metric: string): ResultRow | undefined => rowsOf('metrics').find((entry) => entry.method === method && entry.metric === metric);
  expect(row('constant', 'brightest')).toMatchObject({ status: 'ok', value: 3, median: 3, scores: [3, null, 3], samples: 3, scored: 2, control: true });
  expect(row('saliency', 'never')).toMatchObject({ status: 'failed', value: null, error: { code: 'SCORES_UNDEFINED' } });
  const { configuration } = recordOf('metrics');
  expect(configuration.metrics.map(({ name, packageName, direction }) => [name, packageName, direction])).toEqual([
    ['brightest', 'my-metrics', 'lower'], ['never', 'my-metrics', 'lower'],
  ]);
});

const EVERY_NEED = 'deletion,max-sensitivity,relative-representation-stability,consistency,implementation-invariance,model-parameter-randomisation,focus,roc-auc';

test('metrics of every need are scored, on processes and in this one alike; what does not apply says why', () => {
  const args = ['--methods', 'saliency,attention-rollout,prism', '--metrics', EVERY_NEED, '--samples', '2'];
  expect(bench([...args, '--out', 'needs']).status).toBe(0);
  const failed = rowsOf('needs').filter(({ status }) => status === 'failed');
  // Two maps of floats are hardly ever alike.
  expect(new Set(failed.map(({ metric, error }) => `${metric} ${error?.code ?? ''}`))).toEqual(new Set(failed.length === 0 ? [] : ['consistency SCORES_UNDEFINED']));
  const scored = rowsOf('needs').filter(({ method, status }) => method === 'saliency' && status === 'ok').map(({ metric }) => metric);
  expect([...new Set(scored)].sort()).toEqual(EVERY_NEED.split(',').filter((name) => name !== 'consistency' || scored.includes(name)).sort());
  const { notApplicable } = recordOf('needs');
  const reasons = (method: string): string[] => notApplicable.filter((entry) => entry.method === method).map(({ metric }) => metric);
  expect(new Set(reasons('attention-rollout'))).toEqual(new Set(EVERY_NEED.split(',')));
  expect(new Set(reasons('prism'))).toEqual(new Set(['max-sensitivity', 'relative-representation-stability', 'implementation-invariance', 'model-parameter-randomisation']));
  expect(notApplicable.every(({ reason }) => reason.length > 20)).toBe(true);
  expect(bench([...args, '--workers', '0', '--out', 'in-process']).status).toBe(0);
  expect(valuesOf('in-process')).toEqual(valuesOf('needs'));
}, 180_000);

test('explanations are used again by other runs with the same cache, and made again where a file is damaged', () => {
  const args = ['--methods', 'saliency', '--backends', 'onnxruntime', '--samples', '2', '--cache', 'shared'];
  expect(bench([...args, '--metrics', 'deletion', '--out', 'first']).status).toBe(0);
  const explanations = join(folder, 'shared/explanations');
  const files = (): string[] => readdirSync(explanations, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.explanation')).sort();
  const before = files();
  const seconds = (out: string): unknown => rowsOf(out).map((row) => [row.method, row.seconds]).sort();
  expect(bench([...args, '--metrics', 'insertion', '--out', 'second']).status).toBe(0);
  // The time that making the maps took comes from the cache as well.
  expect(seconds('second')).toEqual(seconds('first'));
  expect(files()).toEqual(before);
  for (const file of before) writeFileSync(join(explanations, file), readFileSync(join(explanations, file)).subarray(0, -1));
  expect(bench([...args, '--metrics', 'deletion', '--out', 'third']).status).toBe(0);
  expect(valuesOf('third')).toEqual(valuesOf('first'));
  expect(files()).toEqual(before);
});

test('a method that hangs once is ended and tried again', () => {
  const marker = join(folder, 'was-here');
  installPlugin('hangs-once', { methods: ['mine'] }, `import { existsSync, writeFileSync } from 'node:fs';\n${methodCode('hangs-once', `
    if (!existsSync(${JSON.stringify(marker)})) { writeFileSync(${JSON.stringify(marker)}, ''); for (;;); }
    return { values: zeros(batch.input.shape) };`)}`);
  const { status } = bench([
    '--methods', 'hangs-once,saliency', '--backends', 'onnxruntime', '--metrics', 'sparseness', '--samples', '2', '--timeout', '15', '--workers', '2', '--out', 'hung',
  ]);
  expect(status).toBe(0);
  expect(existsSync(marker)).toBe(true);
  expect(rowsOf('hung').filter((row) => row.status === 'failed')).toEqual([]);
  expect(rowsOf('hung')).toHaveLength(2 + 5);
}, 180_000);

test('run.json holds the protocol with every default, its hash, and what was changed in it', () => {
  const { protocol } = recordOf('first');
  expect(protocol).toMatchObject({ name: 'quick-v1', changed: ['methods', 'backends', 'metrics', 'samples'], resolved: { samples: 2, metrics: [{ options: { substrate: 'mean', steps: 16 } }] } });
  expect(protocol.hash).toMatch(/^[0-9a-f]{64}$/);
});
