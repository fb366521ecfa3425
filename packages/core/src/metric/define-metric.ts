import { attachDescription } from '../method/attach-description.ts';
import { resolveOptions, type OptionSpecs } from '../method/options.ts';
import type { MetricContext, MetricDescription, MetricFactory, MetricSubject } from './metric.ts';

/** The definition of a metric that scores each map by itself. */
export interface MetricDefinition<Options> extends MetricDescription {
  readonly options: OptionSpecs<Options>;
  /** One score per sample; never depends on the other samples of the batch. */
  readonly score: (subject: MetricSubject, options: Options, context: MetricContext) => Promise<Float64Array>;
}

/** Defines a metric. The result is called with options and carries the description. */
export function defineMetric<Options extends object>(definition: MetricDefinition<Options>): MetricFactory<Options> {
  const { options, score, ...description } = definition;
  const factory = (given: Partial<Options> = {}): ReturnType<MetricFactory<Options>> => {
    const resolved = resolveOptions(description.name, options, given);
    return { description, options: Object.fromEntries(Object.entries(resolved)), score: (subject, context) => score(subject, resolved, context) };
  };
  attachDescription(factory, { ...description, options });
  return factory as MetricFactory<Options>;
}
