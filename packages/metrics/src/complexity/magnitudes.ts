import { throwIfAborted, type MetricContext, type MetricSubject } from '@pellucid/core';
import { sumChannels } from '../pixels.ts';
import { validateSubject } from '../subject/validate-subject.ts';

/** |sum of the channels| of every pixel, per sample. @throws what `validateSubject` throws; ABORTED. */
export function magnitudes(subject: MetricSubject, metric: string, { signal }: MetricContext): Float64Array[] {
  throwIfAborted(signal, `the score \`${metric}\``);
  validateSubject(subject);
  return sumChannels(subject.values, subject.layout).maps.map((map) => map.map(Math.abs));
}
