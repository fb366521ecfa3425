import { failedRow, scoredRow, type CellKey, type ResultRow } from '../src/store/result-row.ts';

/** A cell with these differences from an ordinary one. */
export const cell = (change: Partial<CellKey> = {}): CellKey => ({
  dataset: 'shapes', model: 'plain', method: 'saliency', backend: 'onnxruntime', metric: 'deletion', seed: 0, ...change,
});

/** The row of a scored cell. */
export const ok = (change: Partial<CellKey>, value: number, ci95: readonly [number, number] = [value - 0.01, value + 0.01]): ResultRow =>
  scoredRow(cell(change), { engine: 'cpu', value, ci95, samples: 8, cost: { forwardPasses: 8, backwardPasses: 8, seconds: 0.5 } });

/** The row of a failed cell. */
export const failed = (change: Partial<CellKey>, code: string, message: string): ResultRow => failedRow(cell(change), null, { code, message });
