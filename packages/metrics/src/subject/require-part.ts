import { PellucidError, type MetricSubject } from '@pellucid/core';

const HELP = {
  explain: 'Pass `explain`, made by `explainAgain(model, method)`.',
  masks: 'Pass `masks`, 1 where the object is, of the shape [samples, height, width].',
  references: 'Pass `references`: maps of a fixed set of samples and the classes that the model predicts for them.',
  twin: 'Pass `twin`, another implementation of the same function.',
} as const;

/** A part of a subject that not every metric needs. @throws REQUEST_INVALID where it was left out. */
export function requirePart<Part extends keyof typeof HELP>(subject: MetricSubject, part: Part, metric: string): NonNullable<MetricSubject[Part]> {
  const value = subject[part];
  if (value !== undefined) return value;
  throw new PellucidError('REQUEST_INVALID', { action: `score \`${metric}\``, problem: `it needs \`${part}\`, which the subject does not have`, help: HELP[part] });
}
