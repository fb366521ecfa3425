import type { PixelImportance, PixelMask, ReplacedPixels } from '@pellucid/metrics';
import type { BackendName, DataSource, MethodChoice, MetricChoice, ModelFormat, Recipe, SampleSet } from '../configuration/configuration.ts';
import type { RecordedReduction } from '../prune/recorded-rankings.ts';
import type { StudyTraining } from '../study/study-configuration.ts';
import type { Cost, Failure } from '../store/result-row.ts';

/** The files of a trained network, by format. */
export type ModelFiles = Readonly<Record<ModelFormat, string>>;

/** Explains a set of samples and scores the maps. */
export interface SetTask {
  readonly set: SampleSet;
  readonly count: number;
  /** The hash of everything that decides the maps. */
  readonly key: string;
  readonly metrics: readonly MetricChoice[];
  /** Where the maps go for the report, without extension; null to keep none. */
  readonly mapsFile: string | null;
}

/** Samples of the training images whose maps others are compared with. */
export interface ReferenceTask {
  readonly count: number;
  readonly key: string;
}

/** Makes maps with one method on one backend, scores them, and ranks pixels. */
export interface ExplainTask {
  readonly kind: 'explain';
  readonly data: DataSource;
  readonly model: ModelFiles;
  readonly backend: BackendName;
  readonly method: MethodChoice;
  readonly seed: number;
  readonly sets: readonly SetTask[];
  readonly references: ReferenceTask;
  /** Folder of explanations that may be used again; null for none. */
  readonly explanations: string | null;
  /** Training images whose maps rank the pixels; null for no ranking. */
  readonly rankingImages: number | null;
  /** Under which hashes the ranks of the pixels of every single image go among the explanations; null for none. */
  readonly ranks: RanksOfSplits | null;
}

/** Hashes of the ranks of the pixels of all training images, and of all test images. */
export type RanksOfSplits = Readonly<Record<'train' | 'test', string>>;

/** The same pixels of all images go to zero. */
export interface SharedMask {
  readonly kind: 'shared-mask';
  readonly mask: PixelMask;
}

/** Pixels that the ranks of each image choose take the mean of the training images. */
export interface MaskPerImage {
  readonly kind: 'mask-per-image';
  /** Folder of explanations that holds the ranks. */
  readonly explanations: string;
  readonly ranks: RanksOfSplits;
  readonly replaced: ReplacedPixels;
  readonly percent: number;
}

/** What is taken from images before a network is trained on them. */
export type PixelChange = SharedMask | MaskPerImage;

/** Trains a network from scratch on images of which only some pixels are left. */
export interface RetrainTask {
  readonly kind: 'retrain';
  readonly data: DataSource;
  readonly recipe: Recipe;
  readonly seed: number;
  /** Null keeps every pixel. */
  readonly change: PixelChange | null;
}

/** Trains a network on whole images, keeps it, and records its accumulated gradients. */
export interface TrainTask {
  readonly kind: 'train';
  readonly data: DataSource;
  readonly recipe: Recipe;
  readonly seed: number;
  /** Where the network goes, one file or folder per backend. */
  readonly files: ModelFiles;
  /** Where the recorded maps go, without extension: [epochs, height, width, channels]. */
  readonly recordFile: string;
  readonly reductions: readonly RecordedReduction[];
}

/** Trains a network of the study of accumulated gradients. */
export interface StudyTask {
  readonly kind: 'study';
  readonly data: DataSource;
  readonly recipe: Omit<Recipe, 'batchSize'>;
  readonly training: StudyTraining;
  /** Where the maps go: last batch, last epoch, all epochs. */
  readonly file: string;
}

/** What a worker can be asked for. */
export type Task = ExplainTask | RetrainTask | TrainTask | StudyTask;

/** What a worker answers, in any number, before `done`. */
export type Reply =
  /** What is begun: the name of a metric, or of something that others wait for. A worker that goes silent was at this. */
  | { readonly kind: 'stage'; readonly stage: string }
  | {
    readonly kind: 'scores'; readonly metric: string; readonly scores: Float64Array; readonly at?: readonly number[]; readonly curves?: readonly Float64Array[];
    readonly engine: string; readonly cost: Cost;
    /** Seconds that scoring took. */
    readonly seconds: number;
  }
  | {
    readonly kind: 'maps'; readonly set: SampleSet; readonly engine: string; readonly cost: Cost; readonly cached: boolean;
    readonly versions: Readonly<Record<string, string>>;
  }
  | { readonly kind: 'ranking'; readonly importance: PixelImportance; readonly engine: string; readonly cost: Cost }
  /** The ranks of the pixels of all images are among the explanations. */
  | { readonly kind: 'ranks'; readonly engine: string; readonly cost: Cost; readonly cached: boolean }
  | { readonly kind: 'failed'; readonly metric: string; readonly engine: string; readonly error: Failure }
  | { readonly kind: 'not-applicable'; readonly metric: string; readonly reason: string }
  /** No maps, and so no scores of a set. */
  | { readonly kind: 'no-maps'; readonly set: SampleSet | 'ranking' | 'ranks'; readonly engine: string; readonly error: Failure | null; readonly reason: string | null }
  | { readonly kind: 'trained'; readonly correct: Uint8Array; readonly seconds: number }
  | { readonly kind: 'done'; readonly error: Failure | null };
