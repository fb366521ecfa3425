import { sampleData, softmax, strongestRival, type Objective, type Tensor } from '@pellucid/core';

function unit(classes: number, target: number): Float64Array {
  const result = new Float64Array(classes);
  result[target] = 1;
  return result;
}

/** The derivative of an objective with respect to the logits of one sample: what a backward pass starts from. Float64. */
export function objectiveCotangent(objective: Objective, logits: Float32Array, sample: number): Float64Array {
  const classes = logits.length;
  switch (objective.kind) {
    case 'sum-of-logits':
      return new Float64Array(classes).fill(1);
    case 'cotangent':
      return Float64Array.from(sampleData(objective.cotangent, sample));
    case 'logit':
      return unit(classes, objective.targets[sample]!);
    case 'margin': {
      const target = objective.targets[sample]!;
      const result = unit(classes, target);
      result[objective.against?.[sample] ?? strongestRival(logits, target)]! -= 1;
      return result;
    }
    default: {
      // d log p_t / dz = e_t - p, and d p_t = p_t d log p_t.
      const target = objective.targets[sample]!;
      const probabilities = softmax(logits);
      const scale = objective.kind === 'probability' ? probabilities[target]! : 1;
      return unit(classes, target).map((value, i) => scale * (value - probabilities[i]!));
    }
  }
}

/** Logits of a batch in single precision, from the values of each sample. */
export function asBatch(samples: readonly Float64Array[], shape: readonly number[]): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const data = new Float32Array(samples.length * size);
  samples.forEach((values, sample) => {
    data.set(values, sample * size);
  });
  return { shape: [samples.length, ...shape], data };
}
