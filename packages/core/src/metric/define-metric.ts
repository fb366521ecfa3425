import { attachDescription } from '../method/attach-description.ts';
import { resolveOptions, type OptionSpecs } from '../method/options.ts';
import type { CurveAxes, Metric, MetricContext, MetricCurves, MetricDescription, MetricFactory, MetricSubject } from './metric.ts';

/** The definition of a metric that scores each map by itself. */
export interface MetricDefinition<Options> extends MetricDescription {
  readonly options: OptionSpecs<Options>;
  /** One score per sample; never depends on the other samples of the batch. */
  readonly score: (subject: MetricSubject, options: Options, context: MetricContext) => Promise<Float64Array>;
  readonly curve?: undefined;
  readonly curves?: undefined;
}

/** The definition of a metric whose score sums up a curve. */
export interface CurveMetricDefinition<Options> extends MetricDescription {
  readonly options: OptionSpecs<Options>;
  readonly curve: CurveAxes;
  /** A curve and a score per sample; neither depends on the other samples of the batch. */
  readonly curves: (subject: MetricSubject, options: Options, context: MetricContext) => Promise<MetricCurves>;
  readonly score?: undefined;
}

/** Defines a metric, by its score or by the curves that its scores sum up. The result is called with options and carries the description. */
export function defineMetric<Options extends object>(definition: MetricDefinition<Options> | CurveMetricDefinition<Options>): MetricFactory<Options> {
  const { options, score, curves, ...description } = definition;
  const factory = (given: Partial<Options> = {}): Metric => {
    const resolved = resolveOptions(description.name, options, given);
    const configured = { description, options: Object.fromEntries(Object.entries(resolved)) };
    if (curves === undefined) return { ...configured, score: (subject, context) => score(subject, resolved, context) };
    return {
      ...configured,
      score: async (subject, context) => (await curves(subject, resolved, context)).scores,
      curves: (subject, context) => curves(subject, resolved, context),
    };
  };
  attachDescription(factory, { ...description, options });
  return factory as MetricFactory<Options>;
}
