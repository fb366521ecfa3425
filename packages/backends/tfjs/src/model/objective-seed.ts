import { sampleData, softmax, strongestRival, type Objective, type Tensor } from '@pellucid/core';

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
