import type { CurveAxes, MetricCategory, MetricNeed } from '@pellucid/core';

/** The engines that are compared. `tfjs` is its WebAssembly engine, which is always there: the name means the same on every machine. */
export type BackendName = 'onnxruntime' | 'tfjs' | 'tfjs/node-gpu' | 'tfjs/node' | 'tfjs/cpu';

/** All backends, in the order of the table. */
export const BACKENDS: readonly BackendName[] = ['onnxruntime', 'tfjs', 'tfjs/node-gpu', 'tfjs/node', 'tfjs/cpu'];

/** Which file of a network a backend reads. */
export type ModelFormat = 'onnxruntime' | 'tfjs';

/** The format of a backend's networks. */
export const formatOf = (backend: BackendName): ModelFormat => (backend === 'onnxruntime' ? 'onnxruntime' : 'tfjs');

/** The images whose maps a metric scores: test images, or mosaics of four of them. */
export type SampleSet = 'samples' | 'mosaics';

/** What a metric is, as far as tables and plans go. */
export interface MetricSummary {
  /** As rows name it. */
  readonly name: string;
  readonly title: string;
  /** `agreement` compares the maps of two backends; `retraining` trains networks on what a method ranks highest. */
  readonly category: MetricCategory | 'agreement';
  readonly direction: 'higher' | 'lower';
  /** The axes of the curve that rows of this metric hold; null where they hold none. */
  readonly curve: CurveAxes | null;
}

/** A metric with its options. */
export interface MetricChoice extends MetricSummary {
  /** The metric behind the name, where one metric stands in the table with several options: `deletion`. */
  readonly metric: string;
  /** The package that it comes from; null for what the benchmark measures itself. */
  readonly packageName: string | null;
  /** File that the metric's package starts with; null for the metrics that come with the benchmark. */
  readonly entry: string | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly needsMask: boolean;
  readonly needs: readonly MetricNeed[];
  /** How many of the drawn samples are scored, for metrics that cost much. */
  readonly samples: number;
  readonly on: SampleSet;
}

/** A method with its options, or a control that stands beside the methods. */
export interface MethodChoice {
  /** As rows name it. */
  readonly name: string;
  /** The method behind the name, where one method stands in the table with several options: `noise-tunnel`. */
  readonly method: string;
  /** The package that it comes from; null for controls. */
  readonly packageName: string | null;
  /** File that the method's package starts with; null for the methods that come with the benchmark. */
  readonly entry: string | null;
  readonly control: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Where images come from. */
export interface DataSource {
  readonly name: string;
  /** Folder with the files; null for the embedded set. */
  readonly directory: string | null;
  /** Images to train on and to test on: the first of each split. */
  readonly trainImages: number;
  readonly testImages: number;
}

/** A data set that would have been used, had its files been there. */
export interface AbsentSource {
  readonly dataset: string;
  /** What was looked for, and where it can be had. */
  readonly reason: string;
}

/** How a network is trained. */
export interface Recipe {
  readonly network: string;
  /** Channels of the first convolution. */
  readonly width: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** How pixels are ranked and networks retrained. */
export interface PruningSettings {
  /** Shares of pixels to keep, in percent. */
  readonly fractions: readonly number[];
  /** Training images whose maps rank the pixels. */
  readonly images: number;
  readonly recipe: Recipe;
}

/** Everything that decides the numbers of `pellucid-bench run`. */
export interface RunConfiguration {
  readonly datasets: readonly DataSource[];
  readonly models: readonly string[];
  /** Methods, then controls. */
  readonly methods: readonly MethodChoice[];
  readonly backends: readonly BackendName[];
  readonly metrics: readonly MetricChoice[];
  /** Test images that are explained and scored. */
  readonly samples: number;
  /** Training images whose maps stand for the data: for metrics and baselines that need such. */
  readonly references: number;
  /** Seeds 0 to this less one. */
  readonly seeds: number;
  /** How the networks under test are trained; the embedded set comes with trained ones. */
  readonly training: Omit<Recipe, 'network'>;
  /** Null where nothing is retrained. */
  readonly pruning: PruningSettings | null;
  readonly statistics: StatisticsSettings;
}

/** How scores are summarised and compared. */
export interface StatisticsSettings {
  /** Draws of every bootstrap. */
  readonly resamples: number;
  /** What is called significant: the error that is accepted over all comparisons of a metric. */
  readonly level: number;
  /** How that error is shared among them. */
  readonly correction: 'holm' | 'benjamini-hochberg' | 'none';
}

/** Everything that decides the numbers of `pellucid-bench prune`. */
export interface PruneConfiguration {
  readonly datasets: readonly DataSource[];
  /** Data sets of the published table whose files are not at hand, and where they can be had. */
  readonly absent: readonly AbsentSource[];
  readonly rankings: readonly MethodChoice[];
  readonly fractions: readonly number[];
  /** Whether the pixels of a share stay, or go. */
  readonly directions: readonly ('keep' | 'remove')[];
  readonly seeds: number;
  readonly images: number;
  /** One for each network. */
  readonly recipes: readonly Recipe[];
}

/** What does not change the numbers: where they go, how many processes make them and what those may take. */
export interface Execution {
  readonly out: string;
  /** Explanations and retrainings that later runs may use again. */
  readonly cache: string;
  /** Processes; 0 works in this one. */
  readonly workers: number;
  readonly resume: boolean;
  /** Seconds without a sign of life after which a worker counts as hung. */
  readonly timeout: number;
  /** Bytes that one worker may hold. */
  readonly memory: number;
}
