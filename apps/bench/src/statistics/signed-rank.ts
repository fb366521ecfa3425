import jStat from 'jstat';
import { midranks } from './midranks.ts';

/** A paired test of no difference. */
export interface SignedRank {
  /** Two-sided. */
  readonly p: number;
  /** Where the ranks lie: 1 above zero, -1 below, 0 on neither side. */
  readonly side: number;
  /** Pairs that differ: what the test rests on. */
  readonly pairs: number;
  /** Whether `p` is exact, or that of the normal approximation. */
  readonly exact: boolean;
}

/** Above this many additions the exact distribution gives way to the normal one, which is as good there. */
const EXACT_LIMIT = 2e7;
const DISTRIBUTIONS = new Map<string, Float64Array>();

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** The cumulative distribution of the sum of those ranks whose sign is positive, every sign being as likely as the other. */
function distribution(ranks: readonly number[]): Float64Array {
  const key = ranks.join();
  const known = DISTRIBUTIONS.get(key);
  if (known !== undefined) return known;
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const chance = new Float64Array(total + 1);
  chance[0] = 1;
  let reached = 0;
  for (const rank of ranks) {
    reached += rank;
    for (let sum = reached; sum >= 0; sum--) chance[sum] = (chance[sum]! + (sum >= rank ? chance[sum - rank]! : 0)) / 2;
  }
  for (let sum = 1; sum <= total; sum++) chance[sum]! += chance[sum - 1]!;
  DISTRIBUTIONS.set(key, chance);
  return chance;
}

function normalTail(positive: number, ranks: Float64Array): number {
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / 2;
  // With midranks the sum of squares holds the correction for ties already.
  const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0)) / 2;
  return 2 * jStat.normal.cdf(-Math.max(Math.abs(positive - mean) - 0.5, 0) / deviation, 0, 1);
}

/**
 * Wilcoxon's signed-rank test that paired differences lie around zero. Pairs without a difference are left out, equal ones share their ranks; the
 * distribution is the exact one given those ties, and normal with a correction for continuity where that would take long.
 * @see Wilcoxon 1945, Individual comparisons by ranking methods
 */
export function signedRankTest(differences: readonly number[]): SignedRank {
  const present = differences.filter((difference) => difference !== 0);
  if (present.length === 0) return { p: 1, side: 0, pairs: 0, exact: true };
  const ranks = midranks(present.map(Math.abs));
  const positive = present.reduce((sum, difference, i) => sum + (difference > 0 ? ranks[i]! : 0), 0);
  const side = Math.sign(4 * positive - present.length * (present.length + 1));
  // Midranks are halves at most; what all of them share is divided out.
  const doubled = Array.from(ranks, (rank) => 2 * rank).sort((a, b) => a - b);
  const unit = doubled.reduce(greatestDivisor);
  const steps = doubled.map((rank) => rank / unit);
  const total = steps.reduce((sum, step) => sum + step, 0);
  if (total * steps.length > EXACT_LIMIT) return { p: Math.min(1, normalTail(positive, ranks)), side, pairs: present.length, exact: false };
  const reached = (2 * positive) / unit;
  const tail = distribution(steps)[Math.min(reached, total - reached)]!;
  return { p: Math.min(1, 2 * tail), side, pairs: present.length, exact: true };
}
