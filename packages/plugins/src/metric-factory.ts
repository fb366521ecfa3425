import type { MetricFactory } from '@pellucid/core';

/** A metric factory whose options are known by their description alone. */
export type AnyMetricFactory = MetricFactory<Readonly<Record<string, unknown>>>;

/** Whether a value was made by `defineMetric`, of whichever copy of core. */
export function isMetricFactory(value: unknown): value is AnyMetricFactory {
  return (
    typeof value === 'function' && 'category' in value && 'direction' in value && 'title' in value && 'needsMask' in value &&
    'options' in value && typeof value.options === 'object'
  );
}
