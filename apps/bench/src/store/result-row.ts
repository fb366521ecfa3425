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

/** Scores along a curve that a metric follows, such as the probability while pixels go: means over the samples. */
export interface ScoreCurve {
  /** Where the points lie, as a share of the way from 0 to 1. */
  readonly at: readonly number[];
  readonly mean: readonly number[];
  /** Bounds of the 95 % bootstrap interval of each mean. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** One line of `results.jsonl`. */
export interface ResultRow extends CellKey {
  /** The engine in use within the backend; null where it never started. */
  readonly engine: string | null;
  readonly status: 'ok' | 'failed';
  /** Mean over the samples that have a score. */
  readonly value: number | null;
  /** 95 % interval of the mean. */
  readonly ci95: readonly [number, number] | null;
  /** How many samples were scored, those without a score included. */
  readonly samples: number;
  /** Passes of single samples through the model while the maps were made. */
  readonly forwardPasses: number | null;
  readonly backwardPasses: number | null;
  /** Wall time of making the maps. */
  readonly seconds: number | null;
  readonly error: Failure | null;
  /**
   * SHA-256 of everything that decides the scores: the network's file, method, metric, data, seed, versions. Null where the network could not be
   * trained.
   */
  readonly key: string | null;
  /** A score per sample in the order of the data, null where the metric has none; empty for failed cells. */
  readonly scores: readonly (number | null)[];
  /** Median over the samples that have a score. */
  readonly median: number | null;
  /** How many samples have a score. */
  readonly scored: number;
  /** Most memory that the process held while it made and scored the maps. */
  readonly peakMemoryBytes: number | null;
  readonly curve?: ScoreCurve | undefined;
  /** Set for maps that know nothing of the model. */
  readonly control?: true | undefined;
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

/** What belongs to a cell beside its name. */
export interface CellFacts {
  /** SHA-256 of everything that decides the scores, where it is known. */
  readonly key: string | null;
  readonly control: boolean;
}

/** The row of a cell that could not be scored. Fields in the order of the file. */
export function failedRow(cell: CellKey, { key, control }: CellFacts, engine: string | null, error: Failure): ResultRow {
  const { dataset, model, method, backend, metric, seed } = cell;
  return {
    dataset, model, method, backend, engine, metric, status: 'failed', value: null, ci95: null, samples: 0, seed,
    forwardPasses: null, backwardPasses: null, seconds: null, error,
    key, scores: [], median: null, scored: 0, peakMemoryBytes: null, ...(control && { control }),
  };
}

/** What making the maps took. */
export interface Cost {
  readonly forwardPasses: number;
  readonly backwardPasses: number;
  readonly seconds: number;
  /** Null where the system does not tell. */
  readonly peakMemoryBytes: number | null;
}

/** What came of scoring a cell. */
export interface Outcome {
  readonly engine: string;
  readonly value: number;
  readonly ci95: readonly [number, number];
  readonly median: number;
  readonly scores: readonly (number | null)[];
  readonly cost: Cost;
  readonly curve?: ScoreCurve | undefined;
}

/** The row of a cell that was scored. Fields in the order of the file. */
export function scoredRow(cell: CellKey, { key, control }: CellFacts, { engine, value, ci95, median, scores, cost, curve }: Outcome): ResultRow {
  const { dataset, model, method, backend, metric, seed } = cell;
  const { forwardPasses, backwardPasses, seconds, peakMemoryBytes } = cost;
  return {
    dataset, model, method, backend, engine, metric, status: 'ok', value, ci95, samples: scores.length, seed,
    forwardPasses, backwardPasses, seconds: Number(seconds.toFixed(4)), error: null,
    key, scores, median, scored: scores.filter((score) => score !== null).length, peakMemoryBytes, ...(curve && { curve }), ...(control && { control }),
  };
}
