import { sampleData, softmax, strongestRival, type Objective, type Tensor } from '@pellucid/core';
import type { ContractNetwork } from './contract-network.ts';
import { logitsPosition, referenceActivations, referenceGradients, type Sample } from './reference.ts';

/** What a model has to answer for one sample: the output of every layer, and the gradient at the input (first) and at each of them. */
export interface Expected {
  readonly activations: readonly Sample[];
  /** The value of the last layer. */
  readonly output: Float64Array;
  readonly logits: Float64Array;
  readonly gradients: readonly Float64Array[];
}

function oneHot(length: number, position: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => (i === position ? 1 : 0));
}

/** The derivative of an objective with respect to the logits of one sample. */
export function objectiveCotangent(objective: Objective, logits: Float64Array, sample: number): Float64Array {
  switch (objective.kind) {
    case 'sum-of-logits':
      return new Float64Array(logits.length).fill(1);
    case 'cotangent':
      return Float64Array.from(sampleData(objective.cotangent, sample));
    default: {
      const target = objective.targets[sample]!;
      const chosen = oneHot(logits.length, target);
      if (objective.kind === 'logit') return chosen;
      if (objective.kind === 'margin') {
        const rival = oneHot(logits.length, objective.against?.[sample] ?? strongestRival(Float32Array.from(logits), target));
        return chosen.map((value, i) => value - rival[i]!);
      }
      const probabilities = softmax(Float32Array.from(logits));
      const scale = objective.kind === 'probability' ? probabilities[target]! : 1;
      return chosen.map((value, i) => scale * (value - probabilities[i]!));
    }
  }
}

/** One sample of a batch in double precision. */
export function referenceSample(batch: Tensor, sample: number): Sample {
  return { shape: batch.shape.slice(1), data: Float64Array.from(sampleData(batch, sample)) };
}

/** The right answer for one sample of a batch. */
export function expectedAnswer(network: ContractNetwork, batch: Tensor, sample: number, objective: Objective): Expected {
  const input = referenceSample(batch, sample);
  const activations = referenceActivations(network, input);
  const logits = activations[logitsPosition(network)]!.data;
  const output = activations[activations.length - 1]!.data;
  return { activations, output, logits, gradients: referenceGradients(network, input, objectiveCotangent(objective, logits, sample)) };
}
