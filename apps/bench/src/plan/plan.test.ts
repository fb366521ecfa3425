import { expect, test } from '@jest/globals';
import type { MethodChoice, MetricChoice, RunConfiguration } from '../configuration/configuration.ts';
import { cellId } from '../store/result-row.ts';
import { cellsOf, planRun } from './plan.ts';

const method = (name: string, control = false): MethodChoice => ({ name, method: name, packageName: null, entry: null, control, options: {} });
const recipe = { network: 'plain-cnn', width: 4, epochs: 1, batchSize: 8, learningRate: 0.01 };
const metric = (name: string, change: Partial<MetricChoice> = {}): MetricChoice => ({
  name, metric: name, title: name, category: 'faithfulness', direction: 'lower', curve: null, packageName: '@pellucid/metrics', entry: null, options: {},
  needsMask: false, needs: [], samples: 4, on: 'samples', ...change,
});
const pruning = (fraction: number): MetricChoice => metric(`pruning-${fraction}`, { metric: 'pruning', category: 'retraining', options: { fraction } });
const configuration: RunConfiguration = {
  datasets: [{ name: 'shapes', directory: null, trainImages: 8, testImages: 8 }],
  models: ['a', 'b'],
  methods: [method('saliency'), method('random', true)],
  backends: ['onnxruntime', 'tfjs'],
  metrics: [metric('deletion'), metric('insertion'), pruning(40), pruning(10), metric('agreement', { category: 'agreement' })],
  samples: 4,
  references: 2,
  seeds: 2,
  training: recipe,
  pruning: { fractions: [40, 10], images: 4, recipe },
  statistics: { resamples: 2000, level: 0.05, correction: 'holm' },
};

test('the matrix is every method x backend x metric for each network and seed, each once', () => {
  const cells = cellsOf(planRun(configuration));
  const scored = 2 * 2 * 2 * 2 * (2 + 2);
  const compared = 2 * 2 * 1;
  expect(cells).toHaveLength(scored + compared);
  expect(new Set(cells.map(cellId)).size).toBe(cells.length);
});

test('pruning is a metric for each share of pixels', () => {
  const { groups } = planRun(configuration);
  expect(groups[0]?.pruned.map(({ cell: { metric }, fraction }) => [metric, fraction])).toEqual([['pruning-40', 40], ['pruning-10', 10]]);
});

test('controls are scored on both backends and compared on none', () => {
  const { groups, comparisons } = planRun(configuration);
  expect(groups.filter(({ method: { name } }) => name === 'random').map(({ backend }) => backend)).toContain('tfjs');
  expect(comparisons.map(({ cell: { method: name, backend } }) => `${name} ${backend}`)).toEqual(new Array(4).fill('saliency onnxruntime~tfjs'));
});

test('one backend has nothing to be compared with', () => {
  expect(planRun({ ...configuration, backends: ['tfjs'] }).comparisons).toEqual([]);
});

test('every backend is compared with the first', () => {
  const { comparisons } = planRun({ ...configuration, backends: ['onnxruntime', 'tfjs', 'tfjs/node'], models: ['a'], seeds: 1 });
  expect(comparisons.map(({ cell: { backend } }) => backend)).toEqual(['onnxruntime~tfjs', 'onnxruntime~tfjs/node']);
});

test('metrics that were not asked for have no cells', () => {
  const cells = cellsOf(planRun({ ...configuration, metrics: [metric('insertion')] }));
  expect(new Set(cells.map(({ metric }) => metric))).toEqual(new Set(['insertion']));
});

test('every data set has its own cells', () => {
  const { datasets } = configuration;
  const plan = planRun({ ...configuration, datasets: [...datasets, ...datasets.map((source) => ({ ...source, name: 'mnist' }))] });
  expect(cellsOf(plan)).toHaveLength(2 * cellsOf(planRun(configuration)).length);
  expect(new Set(cellsOf(plan).map(cellId)).size).toBe(cellsOf(plan).length);
});
