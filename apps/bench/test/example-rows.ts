import { randomStream } from '@pellucid/core';
import { failedRow, scoredRow, type CellKey, type ResultRow } from '../src/store/result-row.ts';
import type { RunRecord } from '../src/store/run-record.ts';

/** A cell with these differences from an ordinary one. */
export const cell = (change: Partial<CellKey> = {}): CellKey => ({
  dataset: 'shapes', model: 'plain', method: 'saliency', backend: 'onnxruntime', metric: 'deletion', seed: 0, ...change,
});

/** The row of a scored cell. */
export const ok = (change: Partial<CellKey>, value: number, ci95: readonly [number, number] = [value - 0.01, value + 0.01]): ResultRow =>
  scoredRow(cell(change), { key: null, control: false }, {
    engine: 'cpu', value, ci95, median: value, scores: new Array<number>(8).fill(value),
    cost: { forwardPasses: 8, backwardPasses: 8, seconds: 0.5, peakMemoryBytes: 2 ** 28 },
  });

/** The row of a cell with these scores. */
export const withScores = ({ control = false, ...change }: Partial<CellKey> & { readonly control?: boolean }, scores: readonly (number | null)[]): ResultRow => {
  const present = scores.filter((score) => score !== null);
  const value = present.reduce((sum, score) => sum + score, 0) / present.length;
  return scoredRow(cell(change), { key: 'abc', control }, {
    engine: 'cpu', value, ci95: [value - 0.01, value + 0.01], median: value, scores,
    cost: { forwardPasses: 8, backwardPasses: 8, seconds: 0.5, peakMemoryBytes: 2 ** 28 },
  });
};

/** Methods below, at and above the scores of two controls, on 24 samples. */
export function analysisRows(metric = 'deletion', names: readonly [string, string, string] = ['good', 'as-random', 'inverted']): ResultRow[] {
  const { normal } = randomStream(2, 'example');
  const samples = Array.from({ length: 24 }, () => 0.5 + 0.2 * normal());
  const row = (method: string, shift: number, control = false): ResultRow =>
    withScores({ method, metric, control }, samples.map((score) => score + shift + 0.02 * normal()));
  return [row(names[0], -0.2), row(names[1], 0), row(names[2], 0.2), row('random', 0, true), row('edges', 0.05, true)];
}

/** The row of a failed cell. */
export const failed = (change: Partial<CellKey>, code: string, message: string): ResultRow => failedRow(cell(change), { key: null, control: false }, null, { code, message });

/** What is known of a run that was killed. */
export const record: RunRecord = {
  command: 'run',
  configuration: {
    datasets: [{ name: 'shapes', directory: null, trainImages: 1, testImages: 1 }], models: ['plain'], methods: [], backends: ['tfjs'],
    metrics: [], samples: 1, references: 1, seeds: 1, training: { width: 1, epochs: 1, batchSize: 1, learningRate: 1 }, pruning: null,
    statistics: { resamples: 2000, level: 0.05, correction: 'holm' },
  },
  protocol: { name: 'standard-v1', hash: 'abc', changed: [], resolved: {} },
  notApplicable: [],
  versions: { node: '20.0.0' },
  machine: { platform: 'linux', cpu: 'a fast one', cores: 2, memoryGiB: 8 },
  trained: [],
  start: '2026-01-01T00:00:00.000Z',
  end: null,
};
