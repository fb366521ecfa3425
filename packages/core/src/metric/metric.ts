import type { OptionSpecs } from '../method/options.ts';
import type { Paper } from '../method/method.ts';
import type { ModelAdapter } from '../model/model-adapter.ts';
import type { Layout } from '../tensor/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** What a metric measures. */
export type MetricCategory =
  | 'faithfulness'
  | 'robustness'
  | 'localisation'
  | 'complexity'
  | 'randomisation'
  | 'axiom'
  | 'retraining';

/** What is known of a metric without running it. */
export interface MetricDescription {
  readonly name: string;
  readonly title: string;
  readonly category: MetricCategory;
  /** Which way is better. */
  readonly direction: 'higher' | 'lower';
  readonly paper: Paper;
  /** Whether ground-truth masks are needed. */
  readonly needsMask: boolean;
}

/** Maps to score, with what they explain. */
export interface MetricSubject {
  readonly model: ModelAdapter<never>;
  /** The explained samples, [N, ...]. */
  readonly input: Tensor;
  readonly targets: readonly number[];
  /** The maps, [N, ...], raw and signed. */
  readonly values: Tensor;
  /** Layout of `values`. */
  readonly layout: Layout;
  /** Per sample, 1 where the object is, shape [N, height, width]. */
  readonly masks?: Tensor | undefined;
}

/** What a metric may use. */
export interface MetricContext {
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly memoryBudget?: number | undefined;
}

/** A configured metric that scores each map by itself. */
export interface Metric {
  readonly description: MetricDescription;
  readonly options: Readonly<Record<string, unknown>>;
  /** One score per sample; never depends on the other samples of the batch. */
  readonly score: (subject: MetricSubject, context: MetricContext) => Promise<Float64Array>;
}

/** Makes a configured metric from options, and carries what is known of the metric. */
export interface MetricFactory<Options> extends MetricDescription {
  (options?: { readonly [Name in keyof Options]?: Options[Name] | undefined }): Metric;
  readonly options: OptionSpecs<Options>;
}
