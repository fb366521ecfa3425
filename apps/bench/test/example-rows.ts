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
