import type { PixelImportance, PixelMask } from '@pellucid/metrics';
import type { BackendName, DataSource, MethodChoice, ModelFormat, Recipe } from '../configuration/configuration.ts';
import type { Cost, Failure } from '../store/result-row.ts';

/** The files of a trained network, by format. */
export type ModelFiles = Readonly<Record<ModelFormat, string>>;

/** Makes maps with one method on one backend, scores them, and ranks pixels. */
export interface ExplainTask {
  readonly kind: 'explain';
  readonly data: DataSource;
  readonly model: ModelFiles;
  readonly backend: BackendName;
  readonly method: MethodChoice;
  readonly seed: number;
  /** Test images to explain; null when only pixels are ranked. */
  readonly samples: number | null;
  /** Metrics to score the maps with. */
  readonly metrics: readonly string[];
  readonly metricOptions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Training images whose maps rank the pixels; null for no ranking. */
  readonly rankingImages: number | null;
  /** Where the maps go, without extension; null to keep none. */
  readonly mapsFile: string | null;
}

/** Trains a network from scratch on images of which only some pixels are left. */
export interface RetrainTask {
  readonly kind: 'retrain';
  readonly data: DataSource;
  readonly recipe: Recipe;
  readonly seed: number;
  /** Null keeps every pixel. */
  readonly mask: PixelMask | null;
}

/** Trains a network on whole images, keeps it, and records its accumulated gradients. */
export interface TrainTask {
  readonly kind: 'train';
  readonly data: DataSource;
  readonly recipe: Recipe;
  readonly seed: number;
  /** Where the network goes, one file or folder per backend. */
  readonly files: ModelFiles;
  /** Where the recorded maps go: [epochs, height, width, channels]. */
  readonly recordFile: string;
}

/** What a worker can be asked for. */
export type Task = ExplainTask | RetrainTask | TrainTask;

/** What a worker answers, in any number, before `done`. */
export type Reply =
  | { readonly kind: 'scores'; readonly metric: string; readonly scores: Float64Array; readonly engine: string; readonly cost: Cost }
  | { readonly kind: 'maps'; readonly engine: string; readonly cost: Cost; readonly versions: Readonly<Record<string, string>> }
  | { readonly kind: 'ranking'; readonly importance: PixelImportance; readonly engine: string; readonly cost: Cost }
  | { readonly kind: 'failed'; readonly metric: string; readonly engine: string; readonly error: Failure }
  | { readonly kind: 'trained'; readonly correct: Uint8Array; readonly seconds: number }
  | { readonly kind: 'done'; readonly error: Failure | null };
