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

/**
 * What a metric may need beyond maps and a model's output: maps of other inputs, the values of an inner layer, maps of a fixed set of other
 * samples, another implementation of the same function, copies of the model with other weights.
 */
export type MetricNeed = 'explanation' | 'activations' | 'references' | 'twin' | 'weights';

/** What the axes of a metric's curve hold, in words. */
export interface CurveAxes {
  /** Such as `share of pixels removed`. */
  readonly horizontal: string;
  /** Such as `probability of the target`. */
  readonly vertical: string;
}

/** What is known of a metric without running it. */
export interface MetricDescription {
  readonly name: string;
  readonly title: string;
  readonly category: MetricCategory;
  /** Which way is better. */
  readonly direction: 'higher' | 'lower';
  /** How the score of a sample is computed, in Markdown. */
  readonly equation?: string | undefined;
  /** The least and the greatest score, infinite where nothing bounds it. */
  readonly range?: readonly [least: number, greatest: number] | undefined;
  /** What a sample takes: passes, explanations, models; in Markdown. */
  readonly cost?: string | undefined;
  /** Which samples have no score: theirs is NaN. @defaultValue every sample has one */
  readonly noScore?: string | undefined;
  /** What the score cannot tell, in Markdown. */
  readonly limits?: string | undefined;
  readonly paper: Paper;
  /** Whether ground-truth masks are needed. */
  readonly needsMask: boolean;
  /** What else is needed. @defaultValue nothing */
  readonly needs?: readonly MetricNeed[] | undefined;
  /** The axes of the curve per sample that the score sums up; such a metric has `curves`. @defaultValue it has none */
  readonly curve?: CurveAxes | undefined;
}

/** Maps with the layout of their axes. */
export interface FreshMaps {
  readonly values: Tensor;
  readonly layout: Layout;
}

/** Samples whose maps a metric asks for. */
export interface FreshRequest {
  readonly input: Tensor;
  readonly targets: readonly number[];
  /** @defaultValue the model of the subject */
  readonly model?: ModelAdapter<never> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly memoryBudget?: number | undefined;
}

/** Makes maps of other samples by the method, options and seed whose maps are scored; a sample's map depends on that sample alone. */
export type FreshExplanation = (request: FreshRequest) => Promise<FreshMaps>;

/** A fixed set of other samples, the same for every batch that is scored. */
export interface MetricReferences extends FreshMaps {
  /** The class that the model predicts for each. */
  readonly predictions: readonly number[];
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
  /** For metrics that need fresh maps: `explainAgain` makes it from a method. */
  readonly explain?: FreshExplanation | undefined;
  /** For metrics that compare a sample with others. */
  readonly references?: MetricReferences | undefined;
  /** Another implementation of the function that `model` computes, such as the same network in another format. */
  readonly twin?: ModelAdapter<never> | undefined;
}

/** What a metric may use. */
export interface MetricContext {
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly memoryBudget?: number | undefined;
}

/** The curve that each score sums up, at the same positions for all samples, so that means and bands can be drawn. */
export interface MetricCurves {
  /** The same bits as `score` gives, from the same passes. */
  readonly scores: Float64Array;
  /** Positions on the horizontal axis, never falling, within 0 to 1; decided by the options and the size of the input. */
  readonly at: readonly number[];
  /** Per sample, a value for each position; NaN throughout where the sample has no score. */
  readonly curves: readonly Float64Array[];
}

/** A configured metric that scores each map by itself. */
export interface Metric {
  readonly description: MetricDescription;
  readonly options: Readonly<Record<string, unknown>>;
  /** One score per sample; never depends on the other samples of the batch. */
  readonly score: (subject: MetricSubject, context: MetricContext) => Promise<Float64Array>;
  /** Scores with the curves that they sum up. @defaultValue the score is no summary of a curve */
  readonly curves?: ((subject: MetricSubject, context: MetricContext) => Promise<MetricCurves>) | undefined;
}

/** Makes a configured metric from options, and carries what is known of the metric. */
export interface MetricFactory<Options> extends MetricDescription {
  (options?: { readonly [Name in keyof Options]?: Options[Name] | undefined }): Metric;
  readonly options: OptionSpecs<Options>;
}
