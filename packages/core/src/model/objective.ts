import { selectSamples, sliceBatch } from '../tensor/batch.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * The scalar per sample that is explained. `targets` holds a class index per sample. A margin is the target's logit less the highest
 * other one, or less that of the class in `against`. A cotangent weights every value of the model's logits, or of the layer that a gradient
 * starts from.
 */
export type Objective =
  | { readonly kind: 'logit'; readonly targets: readonly number[] }
  | { readonly kind: 'probability'; readonly targets: readonly number[] }
  | { readonly kind: 'log-probability'; readonly targets: readonly number[] }
  | { readonly kind: 'margin'; readonly targets: readonly number[]; readonly against?: readonly number[] | undefined }
  | { readonly kind: 'sum-of-logits' }
  | { readonly kind: 'cotangent'; readonly cotangent: Tensor };

/** The objectives that are chosen by name alone, given the targets. */
export type TargetObjective = 'logit' | 'probability' | 'log-probability' | 'margin';

/** The objective of the samples at these positions, which may repeat: for batches that hold several versions of a sample. */
export function selectObjective(objective: Objective, positions: readonly number[]): Objective {
  const pick = (list: readonly number[]): number[] => positions.map((position) => list[position]!);
  switch (objective.kind) {
    case 'sum-of-logits':
      return objective;
    case 'cotangent':
      return { kind: 'cotangent', cotangent: selectSamples(objective.cotangent, positions) };
    case 'margin': {
      const { against } = objective;
      return { kind: 'margin', targets: pick(objective.targets), ...(against && { against: pick(against) }) };
    }
    default:
      return { kind: objective.kind, targets: pick(objective.targets) };
  }
}

/** Softmax over the values of one sample, in double precision. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = values.map((value) => Math.exp(value - highest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/** log(sum(exp)) of the values of one sample, without overflow: finite where a probability itself would underflow to 0. */
function logSumExp(logits: Float32Array): number {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  return highest + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - highest), 0));
}

/** The position of the highest value; the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** The highest value other than the one at `target`: its position. */
export function strongestRival(logits: Float32Array, target: number): number {
  let best = target === 0 ? 1 : 0;
  for (let i = 0; i < logits.length; i++) if (i !== target && logits[i]! > logits[best]!) best = i;
  return best;
}

function scoreSample(objective: Objective, logits: Float32Array, sample: number): number {
  switch (objective.kind) {
    case 'sum-of-logits':
      return logits.reduce((a, b) => a + b, 0);
    case 'cotangent': {
      const weights = sliceBatch(objective.cotangent, sample, sample + 1).data;
      return logits.reduce((sum, value, i) => sum + value * weights[i]!, 0);
    }
    case 'logit':
      return logits[objective.targets[sample]!]!;
    case 'margin': {
      const target = objective.targets[sample]!;
      const rival = objective.against?.[sample] ?? strongestRival(logits, target);
      return logits[target]! - logits[rival]!;
    }
    case 'probability':
      return softmax(logits)[objective.targets[sample]!]!;
    case 'log-probability':
      return logits[objective.targets[sample]!]! - logSumExp(logits);
  }
}

/** The value of an objective for each sample of a batch of logits [N, ...]. */
export function score(objective: Objective, logits: Tensor): Float64Array {
  return Float64Array.from({ length: logits.shape[0]! }, (_, sample) =>
    scoreSample(objective, sliceBatch(logits, sample, sample + 1).data, sample),
  );
}
