/** Why a cell has no value. */
export interface Failure {
  /** The code of a typed error; `UNEXPECTED` for any other. */
  readonly code: string;
  readonly message: string;
}

/** What identifies a cell of the matrix. */
export interface CellKey {
  readonly dataset: string;
  readonly model: string;
  readonly method: string;
  /** Name of the backend; two joined by `~` where they are compared. */
  readonly backend: string;
  readonly metric: string;
  readonly seed: number;
}

/** One line of `results.jsonl`. */
export interface ResultRow extends CellKey {
  /** The engine in use within the backend; null where it never started. */
  readonly engine: string | null;
  readonly status: 'ok' | 'failed';
  /** Mean over the samples. */
  readonly value: number | null;
  /** 95 % interval of the mean. */
  readonly ci95: readonly [number, number] | null;
  /** How many scores the value is the mean of. */
  readonly samples: number;
  /** Passes of single samples through the model while the maps were made. */
  readonly forwardPasses: number | null;
  readonly backwardPasses: number | null;
  /** Wall time of making the maps. */
  readonly seconds: number | null;
  readonly error: Failure | null;
}

/** One line of `pruning.jsonl`. Fraction, accuracies and drop in percent. */
export interface PruningRow {
  readonly dataset: string;
  readonly network: string;
  readonly ranking: string;
  readonly direction: 'keep' | 'remove';
  readonly fraction: number;
  readonly seed: number;
  readonly referenceAccuracy: number;
  readonly accuracy: number;
  readonly drop: number;
}

/** The identity of a cell as text. */
export function cellId({ dataset, model, method, backend, metric, seed }: CellKey): string {
  return JSON.stringify([dataset, model, method, backend, metric, seed]);
}

/** The row of a cell that could not be scored. Fields in the order of the file. */
export function failedRow(key: CellKey, engine: string | null, error: Failure): ResultRow {
  const { dataset, model, method, backend, metric, seed } = key;
  return {
    dataset, model, method, backend, engine, metric, status: 'failed', value: null, ci95: null, samples: 0, seed,
    forwardPasses: null, backwardPasses: null, seconds: null, error,
  };
}

/** What making the maps took. */
export interface Cost {
  readonly forwardPasses: number;
  readonly backwardPasses: number;
  readonly seconds: number;
}

/** What came of scoring a cell. */
export interface Outcome {
  readonly engine: string;
  readonly value: number;
  readonly ci95: readonly [number, number];
  readonly samples: number;
  readonly cost: Cost;
}

/** The row of a cell that was scored. Fields in the order of the file. */
export function scoredRow(key: CellKey, { engine, value, ci95, samples, cost }: Outcome): ResultRow {
  const { dataset, model, method, backend, metric, seed } = key;
  const { forwardPasses, backwardPasses, seconds } = cost;
  return {
    dataset, model, method, backend, engine, metric, status: 'ok', value, ci95, samples, seed,
    forwardPasses, backwardPasses, seconds: Number(seconds.toFixed(4)), error: null,
  };
}
