import { sampleCorrelation } from 'simple-statistics';
import { midranks } from './midranks.ts';

const allEqual = (values: readonly number[]): boolean => values.every((value) => value === values[0]);

/** Spearman's rho with midranks; null for fewer than three pairs and where one side is all equal. */
export function spearman(a: readonly number[], b: readonly number[]): number | null {
  if (a.length < 3 || allEqual(a) || allEqual(b)) return null;
  return sampleCorrelation([...midranks(a)], [...midranks(b)]);
}

/** Kendall's tau-b, which corrects for ties; null for fewer than three pairs and where one side is all equal. */
export function kendall(a: readonly number[], b: readonly number[]): number | null {
  if (a.length < 3 || allEqual(a) || allEqual(b)) return null;
  let [agreement, inA, inB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const [x, y] = [Math.sign(a[i]! - a[j]!), Math.sign(b[i]! - b[j]!)];
      agreement += x * y;
      inA += Math.abs(x);
      inB += Math.abs(y);
    }
  }
  return agreement / Math.sqrt(inA * inB);
}
