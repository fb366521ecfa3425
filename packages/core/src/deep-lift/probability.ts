import type { TargetObjective } from '../model/objective.ts';

/** Below this change a quotient of differences is worse than the derivative in the middle. */
const SMALL = 1e-5;

/** (f(b) - f(a)) / (b - a), or the derivative in the middle where a and b are close. */
function slope(a: number, b: number, f: (x: number) => number, derivative: (x: number) => number): number {
  const change = b - a;
  return Math.abs(change) < SMALL ? derivative((a + b) / 2) : (f(b) - f(a)) / change;
}

/**
 * Multipliers from the logits to a probability or its logarithm, for one sample and its baseline: the Rescale rule applied to
 * log p = z_t - log(sum(exp(z))) one operation after the other, and to p = exp(log p). They are complete.
 */
export function probabilityMultipliers(
  kind: Exclude<TargetObjective, 'logit' | 'margin'>, target: number, logits: Float32Array, baseline: Float32Array,
): Float64Array {
  const highest = [...logits, ...baseline].reduce((a, b) => Math.max(a, b), -Infinity);
  const total = (scores: Float32Array): number => scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
  const [sum, sum0] = [total(logits), total(baseline)];
  const ofSum = slope(sum0, sum, Math.log, (value) => 1 / value);
  const [logP, logP0] = [logits[target]! - highest - Math.log(sum), baseline[target]! - highest - Math.log(sum0)];
  const outer = kind === 'probability' ? slope(logP0, logP, Math.exp, Math.exp) : 1;
  return Float64Array.from(logits, (score, k) => {
    const ofScore = slope(baseline[k]! - highest, score - highest, Math.exp, Math.exp);
    return outer * ((k === target ? 1 : 0) - ofScore * ofSum);
  });
}
