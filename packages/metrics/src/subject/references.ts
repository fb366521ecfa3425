import {
  argmax, batchSize, convertLayout, equalShapes, formatShape, PellucidError, sampleData, throwIfAborted, type MetricContext, type MetricSubject,
} from '@pellucid/core';
import { requirePart } from './require-part.ts';
import { validateSubject } from './validate-subject.ts';
import { evaluateVariants, sameForAll } from './variants.ts';

/** A map with the class that the model predicts for its sample. */
export interface PredictedMap {
  readonly map: Float32Array;
  readonly prediction: number;
}

/** The samples and the references that they are compared with, in one layout. */
export interface Compared {
  readonly samples: readonly PredictedMap[];
  readonly references: readonly PredictedMap[];
}

/**
 * Reads the maps of the samples and of the references. References are fixed by the caller, so that a score does not depend on the batch. One forward
 * pass per sample.
 * @throws REQUEST_INVALID without references; SHAPE_MISMATCH where their maps differ in more than the layout.
 */
export async function compareWithReferences(subject: MetricSubject, metric: string, context: MetricContext): Promise<Compared> {
  throwIfAborted(context.signal, `the score \`${metric}\``);
  validateSubject(subject);
  const { values, layout, predictions } = requirePart(subject, 'references', metric);
  const others = convertLayout(values, layout, subject.layout);
  if (!equalShapes(others.shape.slice(1), subject.values.shape.slice(1)) || predictions.length !== batchSize(others)) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'references', expected: formatShape([predictions.length, ...subject.values.shape.slice(1)]), actual: formatShape(others.shape),
      help: 'Give maps of the shape of those that are scored, and a prediction for each.',
    });
  }
  const logits = await evaluateVariants(subject, sameForAll(subject, 1), () => undefined, context);
  return {
    samples: logits.map(([own = new Float32Array(0)], sample) => ({ map: sampleData(subject.values, sample), prediction: argmax(own) })),
    references: predictions.map((prediction, i) => ({ map: sampleData(others, i), prediction })),
  };
}

/** Of the references that a sample's map is like, the share that has its prediction; NaN where there are none. */
export function sharePredictedAlike({ prediction }: PredictedMap, alike: readonly PredictedMap[]): number {
  return alike.length === 0 ? NaN : alike.filter((other) => other.prediction === prediction).length / alike.length;
}
