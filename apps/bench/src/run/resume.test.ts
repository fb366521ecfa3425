import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { failed, ok } from '../../test/example-rows.ts';
import type { MethodChoice, MetricChoice, RunConfiguration } from '../configuration/configuration.ts';
import { FILES } from '../store/folder.ts';
import { openJsonLines } from '../store/json-lines.ts';
import { describeMachine, writeRunRecord, type RunRecord } from '../store/run-record.ts';
import { earlierRows } from './recorder.ts';
import { findEarlierRun } from './resume.ts';

let out = '';
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'pellucid-resume-'));
});
afterEach(() => {
  rmSync(out, { recursive: true });
});

const method = (name: string, options: Readonly<Record<string, unknown>> = {}): MethodChoice => ({
  name, method: name, packageName: null, entry: null, control: false, options,
});
const metric = (name: string, options: Readonly<Record<string, unknown>> = {}): MetricChoice => ({
  name, metric: name, title: name, category: 'faithfulness', direction: 'lower', curve: null, packageName: null, entry: null, options, needsMask: false,
  needs: [], samples: 4, on: 'samples',
});
const recipe = { network: 'plain-cnn', width: 4, epochs: 1, batchSize: 8, learningRate: 0.01 };
const data = { name: 'shapes', directory: null, trainImages: 8, testImages: 8 };
const configuration: RunConfiguration = {
  datasets: [data],
  models: ['a'], methods: [method('grad-cam', { layer: undefined, relu: true })], backends: ['tfjs'], metrics: [metric('deletion')],
  samples: 4, references: 2, seeds: 1, training: recipe, pruning: { fractions: [10], images: 4, recipe },
  statistics: { resamples: 2000, level: 0.05, correction: 'holm' },
};
const store = (): void => {
  const record: RunRecord = {
    command: 'run', configuration, protocol: { name: 'mine', hash: '', changed: [], resolved: {} }, notApplicable: [], versions: {}, machine: describeMachine(),
    trained: [], start: '2026-01-01T00:00:00.000Z', end: null,
  };
  writeRunRecord(out, record);
};
const resume = (change: Partial<RunConfiguration>): RunRecord | null => findEarlierRun(out, { command: 'run', configuration: { ...configuration, ...change } });

test('a folder without a run has nothing to go on with', () => {
  expect(resume({})).toBeNull();
});

test('the same configuration goes on, options without a value included', () => {
  store();
  expect(resume({})?.start).toBe('2026-01-01T00:00:00.000Z');
});

test('more data sets, networks, methods, backends, metrics and seeds may come in', () => {
  store();
  const methods = [...configuration.methods, method('saliency')];
  expect(resume({ models: ['a', 'b'], methods, backends: ['onnxruntime', 'tfjs'], metrics: [metric('deletion'), metric('insertion')], seeds: 3, datasets: [data, { ...data, name: 'mnist' }] })).not.toBeNull();
});

test.each([
  ['samples', { samples: 5 }, /samples \(4\)/],
  ['images', { datasets: [{ ...data, trainImages: 9 }] }, /part of the data set `shapes`/],
  ['options of a metric', { metrics: [metric('deletion', { steps: 3 })] }, /metric `deletion`/],
  ['statistics', { statistics: { ...configuration.statistics, resamples: 100 } }, /statistics/],
  ['the recipe', { pruning: { fractions: [10], images: 4, recipe: { ...recipe, epochs: 2 } } }, /recipe for pruning/],
  ['options of a method', { methods: [method('grad-cam', { relu: false })] }, /options of `grad-cam`/],
])('other %s are refused', (_, change, message) => {
  store();
  expect(() => resume(change)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringMatching(message) }));
});

test('failed cells are tried again, scored ones count once', () => {
  openJsonLines(FILES.results(out), [ok({}, 1), failed({ method: 'grad-cam' }, 'ABORTED', 'late'), ok({ method: 'occlusion' }, 2)]).close();
  expect(earlierRows(out, () => undefined).map((row) => row.method)).toEqual(['saliency', 'occlusion']);
});

test('a scored cell counts only where its content hash is still the same', () => {
  openJsonLines(FILES.results(out), [ok({}, 1), ok({ method: 'occlusion' }, 2)]).close();
  expect(earlierRows(out, ({ method: name }) => (name === 'saliency' ? 'changed since' : null)).map((row) => row.method)).toEqual(['occlusion']);
});
