import { formatShape, PellucidError, sizeOf, type Objective } from '@pellucid/core';

/** The model that an objective is asked of. */
export interface Scores {
  readonly name: string;
  readonly classes: number;
}

function checkIndices(indices: readonly number[], count: number, what: string, { name, classes }: Scores): void {
  if (indices.length !== count) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `differentiate \`${name}\``,
      problem: `there are ${indices.length} ${what} for ${count} samples`,
      help: 'Give one class index per sample.',
    });
  }
  const sample = indices.findIndex((index) => !Number.isInteger(index) || index < 0 || index >= classes);
  if (sample < 0) return;
  throw new PellucidError('TARGET_OUT_OF_RANGE', { target: indices[sample]!, sample, model: name, classes, last: classes - 1 });
}

/** @throws REQUEST_INVALID, TARGET_OUT_OF_RANGE or SHAPE_MISMATCH when an objective does not fit a batch of `count` samples. */
export function checkObjective(objective: Objective, count: number, scores: Scores): void {
  if (objective.kind === 'sum-of-logits') return;
  if (objective.kind === 'cotangent') {
    const { shape, data } = objective.cotangent;
    const values = count * scores.classes;
    if (shape[0] === count && sizeOf(shape) === values && data.length === values) return;
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'cotangent',
      expected: formatShape([count, scores.classes]),
      actual: formatShape(shape),
      help: 'It weights every logit of every sample.',
    });
  }
  checkIndices(objective.targets, count, 'targets', scores);
  if (objective.kind !== 'margin') return;
  if (objective.against !== undefined) checkIndices(objective.against, count, 'classes to compare with', scores);
  else if (scores.classes < 2) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `take the margin of \`${scores.name}\``,
      problem: 'its single score has no rival',
      help: 'Explain the logit instead.',
    });
  }
}
