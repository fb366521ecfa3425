/** The engines that are compared. `tfjs` is its WebAssembly engine, which is always there: the name means the same on every machine. */
export type BackendName = 'onnxruntime' | 'tfjs' | 'tfjs/node-gpu' | 'tfjs/node' | 'tfjs/cpu';

/** All of them, in the order of the table. */
export const BACKENDS: readonly BackendName[] = ['onnxruntime', 'tfjs', 'tfjs/node-gpu', 'tfjs/node', 'tfjs/cpu'];

/** Which file of a network a backend reads. */
export type ModelFormat = 'onnxruntime' | 'tfjs';

/** The format of a backend's networks. */
export const formatOf = (backend: BackendName): ModelFormat => (backend === 'onnxruntime' ? 'onnxruntime' : 'tfjs');

/** What is measured: `pruning` is a column per share of pixels, `agreement` compares the maps of the backends. */
export type MetricName = 'deletion' | 'insertion' | 'pruning' | 'agreement';

/** All of them, in the order of the table. */
export const METRICS: readonly MetricName[] = ['deletion', 'insertion', 'pruning', 'agreement'];

/** A method with its options, or a control that stands beside the methods. */
export interface MethodChoice {
  readonly name: string;
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

/** How a network is trained. */
export interface Recipe {
  readonly network: string;
  /** Channels of the first convolution. */
  readonly width: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** Everything that decides the numbers of `pellucid-bench run`. */
export interface RunConfiguration {
  readonly data: DataSource;
  readonly models: readonly string[];
  readonly methods: readonly MethodChoice[];
  readonly backends: readonly BackendName[];
  readonly metrics: readonly MetricName[];
  /** Options of deletion and insertion. */
  readonly metricOptions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Test images that are explained and scored. */
  readonly samples: number;
  /** Seeds 0 to this less one. */
  readonly seeds: number;
  /** How the networks under test are trained; the embedded set comes with trained ones. */
  readonly training: Omit<Recipe, 'network'>;
  readonly pruning: {
    /** Shares of pixels to keep, in percent. */
    readonly fractions: readonly number[];
    /** Training images whose maps rank the pixels. */
    readonly images: number;
    readonly recipe: Recipe;
  };
}

/** Everything that decides the numbers of `pellucid-bench prune`. */
export interface PruneConfiguration {
  readonly data: DataSource;
  readonly rankings: readonly MethodChoice[];
  readonly fractions: readonly number[];
  readonly seeds: number;
  readonly images: number;
  readonly recipe: Recipe;
}

/** What does not change the numbers: where they go and how many processes make them. */
export interface Execution {
  readonly out: string;
  readonly workers: number;
  readonly resume: boolean;
}
