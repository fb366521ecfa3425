import { batchSize, sampleData, softmax, strongestRival, zeros, type Objective, type Tensor } from '@pellucid/core';

/** The derivative of an objective with respect to the logits of one sample. */
function cotangentOf(objective: Objective, logits: Float32Array, sample: number): Float64Array {
  const result = new Float64Array(logits.length);
  switch (objective.kind) {
    case 'sum-of-logits':
      return result.fill(1);
    case 'cotangent':
      return Float64Array.from(sampleData(objective.cotangent, sample));
    case 'logit':
      result[objective.targets[sample]!] = 1;
      return result;
    case 'margin': {
      const target = objective.targets[sample]!;
      result[target] = 1;
      result[objective.against?.[sample] ?? strongestRival(logits, target)]! -= 1;
      return result;
    }
    default: {
      const target = objective.targets[sample]!;
      const probabilities = softmax(logits);
      const scale = objective.kind === 'probability' ? probabilities[target]! : 1;
      return result.map((_, k) => scale * ((k === target ? 1 : 0) - probabilities[k]!));
    }
  }
}

/** The relevance of every logit, which is passed back: its value times the derivative of the objective. [N, classes] */
export function startRelevance(objective: Objective, logits: Tensor): Tensor {
  const relevance = zeros(logits.shape);
  for (let sample = 0; sample < batchSize(logits); sample++) {
    const scores = sampleData(logits, sample);
    sampleData(relevance, sample).set(cotangentOf(objective, scores, sample).map((weight, k) => weight * scores[k]!));
  }
  return relevance;
}
