import { formatShape, PellucidError, sampleData, sizeOf, softmax, strongestRival, type Objective, type Tensor } from '@pellucid/core';

/** What an objective is asked of: for messages and checks. */
export interface Scores {
  readonly model: string;
  readonly classes: number;
}

function checkIndices(indices: readonly number[], count: number, what: string, { model, classes }: Scores): void {
  if (indices.length !== count) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `differentiate \`${model}\``,
      problem: `${indices.length} ${what} were given for ${count} samples`,
      help: 'Give one class index per sample.',
    });
  }
  indices.forEach((target, sample) => {
    if (!Number.isInteger(target) || target < 0 || target >= classes) {
      throw new PellucidError('TARGET_OUT_OF_RANGE', { target, sample, model, classes, last: classes - 1 });
    }
  });
}

/** Checks that an objective fits a batch. @throws TARGET_OUT_OF_RANGE, REQUEST_INVALID, SHAPE_MISMATCH. */
export function checkObjective(objective: Objective, count: number, scores: Scores): void {
  if (objective.kind === 'sum-of-logits') return;
  if (objective.kind === 'cotangent') {
    const { shape, data } = objective.cotangent;
    if (shape[0] === count && sizeOf(shape) === count * scores.classes && data.length === count * scores.classes) return;
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'cotangent',
      expected: formatShape([count, scores.classes]),
      actual: formatShape(shape),
      help: 'Give a weight for every logit of every sample.',
    });
  }
  checkIndices(objective.targets, count, 'targets', scores);
  if (objective.kind !== 'margin') return;
  if (objective.against !== undefined) checkIndices(objective.against, count, 'classes to compare against', scores);
  else if (scores.classes < 2) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `differentiate the margin of \`${scores.model}\``,
      problem: 'the model has a single score, which has no rival',
      help: 'Use the objective `logit`.',
    });
  }
}

/** The derivative of the objective with respect to the logits of one sample. */
function seedSample(objective: Objective, logits: Float32Array, sample: number): ArrayLike<number> {
  switch (objective.kind) {
    case 'sum-of-logits':
      return new Float32Array(logits.length).fill(1);
    case 'cotangent':
      return sampleData(objective.cotangent, sample);
    case 'logit':
    case 'margin': {
      const seed = new Float32Array(logits.length);
      const target = objective.targets[sample]!;
      seed[target] = 1;
      if (objective.kind === 'margin') seed[objective.against?.[sample] ?? strongestRival(logits, target)]! -= 1;
      return seed;
    }
    default: {
      // d p_t / d z_i = p_t (d_ti - p_i), and the same without the leading p_t for the logarithm; in double precision.
      const probabilities = softmax(logits);
      const target = objective.targets[sample]!;
      const scale = objective.kind === 'probability' ? probabilities[target]! : 1;
      return probabilities.map((probability, i) => scale * ((i === target ? 1 : 0) - probability));
    }
  }
}

/** The derivative of the objective with respect to a batch of logits [N, classes]: where the backward pass starts. */
export function objectiveSeed(objective: Objective, logits: Tensor): Tensor {
  const data = new Float32Array(logits.data.length);
  const [count = 0, classes = 0] = logits.shape;
  for (let sample = 0; sample < count; sample++) {
    data.set(seedSample(objective, sampleData(logits, sample), sample), sample * classes);
  }
  return { shape: logits.shape, data };
}
