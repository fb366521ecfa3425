import { argmax, batchSize, PellucidError, sampleData, softmax, type ModelAdapter, type Tensor } from '@pellucid/core';
import type { TargetRequest } from '../command-line/parse-values.ts';

/** A class with the probability that the model gives it. */
export interface ClassScore {
  readonly class: number;
  /** Name of the class, where class names were given. */
  readonly label?: string | undefined;
  readonly probability: number;
}

/** What the model says of one sample, and which class is explained. */
export interface Prediction {
  readonly predicted: ClassScore;
  readonly explained: ClassScore;
}

/**
 * Checks the requested classes before anything is computed.
 * @throws TARGET_OUT_OF_RANGE; REQUEST_INVALID when their number is neither 1 nor that of the samples.
 */
export function checkTargets(target: TargetRequest, samples: number, { name, classes }: ModelAdapter): void {
  if (target === 'predicted') return;
  if (target.length !== 1 && target.length !== samples) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `explain ${samples} sample${samples === 1 ? '' : 's'}`,
      problem: `\`--target\` names ${target.length} classes`,
      help: 'Give one class for all samples, or one per sample.',
    });
  }
  const sample = target.findIndex((index) => index >= classes);
  if (sample < 0) return;
  throw new PellucidError('TARGET_OUT_OF_RANGE', { target: target[sample]!, sample, model: name, classes, last: classes - 1 });
}

/** Runs the model on a batch whose first sample is the one at position `first` of all samples of the run. */
export async function predict(
  model: ModelAdapter,
  input: Tensor,
  { target, first, labels }: { readonly target: TargetRequest; readonly first: number; readonly labels: readonly string[] | undefined },
): Promise<readonly Prediction[]> {
  const { logits } = await model.evaluate({ input });
  return Array.from({ length: batchSize(input) }, (_, sample) => {
    const probabilities = softmax(sampleData(logits, sample));
    const scoreOf = (index: number): ClassScore => {
      const label = labels?.[index];
      return { class: index, ...(label !== undefined && { label }), probability: probabilities[index]! };
    };
    const predicted = argmax(probabilities);
    const explained = target === 'predicted' ? predicted : target[target.length === 1 ? 0 : first + sample]!;
    return { predicted: scoreOf(predicted), explained: scoreOf(explained) };
  });
}

/** A class in words: `class 281 (tabby, tabby cat)`. */
export function describeClass({ class: index, label }: ClassScore): string {
  return label === undefined ? `class ${index}` : `class ${index} (${label})`;
}
