import type { StatisticsSettings } from '../configuration/configuration.ts';
import { bootstrapMeans } from '../statistics/bootstrap-means.ts';
import { meanInterval } from '../statistics/mean-interval.ts';
import { adjustForMany } from '../statistics/multiple-comparisons.ts';
import { signedRankTest } from '../statistics/signed-rank.ts';
import type { Entry, Resampling, ScoreTable } from './score-tables.ts';

/** What a comparison says. */
export type Verdict = 'better' | 'worse' | 'not significant';

/** A method against another, sample by sample. */
export interface Comparison {
  readonly method: string;
  readonly other: string;
  /** Mean of the scores of the method less those of the other, over the samples where both have one. */
  readonly difference: number;
  /** 95 % interval of the difference: bootstrap against a control, Student's t between two methods, of which there are a thousand pairs; null for one sample there. */
  readonly ci95: readonly [number, number] | null;
  /** Of the signed-rank test, two-sided. */
  readonly p: number;
  /** The same, corrected for the family. */
  readonly adjusted: number;
  /** Samples where both have a score. */
  readonly samples: number;
  readonly verdict: Verdict;
}

type Tested = Omit<Comparison, 'adjusted' | 'verdict'> & { readonly side: number };

/** @param interval - how the interval of the difference is drawn; null for Student's t */
function test(method: Entry, other: Entry, interval: Resampling | null): Tested | null {
  const differences = method.scores.flatMap((score, i) => {
    const against = other.scores[i];
    return score === null || against === null || against === undefined ? [] : [score - against];
  });
  if (differences.length === 0) return null;
  const { p, side } = signedRankTest(differences);
  const difference = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  const found = interval === null ? null : bootstrapMeans(differences.map((one) => [one]), interval.seed, interval.resamples);
  const ci95 = found === null ? meanInterval(differences) : [found.low[0]!, found.high[0]!] as const;
  // Where the mean and the ranks point to different sides, neither side has won.
  return { method: method.method, other: other.method, difference, ci95, p, samples: differences.length, side: Math.sign(difference) === side ? side : 0 };
}

function judge(tests: readonly (Tested | null)[], better: number, { level, correction }: StatisticsSettings): Comparison[] {
  const present = tests.filter((found) => found !== null);
  const adjusted = adjustForMany(present.map(({ p }) => p), correction);
  return present.map(({ side, ...found }, i): Comparison => {
    const verdict = adjusted[i]! > level || side === 0 ? 'not significant' : side === better ? 'better' : 'worse';
    return { ...found, adjusted: adjusted[i]!, verdict };
  });
}

const betterSide = ({ metric }: ScoreTable): number => (metric.direction === 'higher' ? 1 : -1);

/**
 * Every method against every control. A family of tests is one control, met by all methods: that a method is better than every control is claimed where it is
 * better than each, and such a claim needs no further correction.
 * @see Berger 1982, Multiparameter hypothesis testing and acceptance sampling (intersection-union tests)
 */
export function compareWithControls(table: ScoreTable, statistics: StatisticsSettings, seed: number): Comparison[] {
  const [methods, controls] = [table.entries.filter(({ control }) => !control), table.entries.filter(({ control }) => control)];
  const resampling = { resamples: statistics.resamples, seed };
  const families = controls.map((control) => judge(methods.map((method) => test(method, control, resampling)), betterSide(table), statistics));
  return methods.flatMap(({ method }) => families.flat().filter((comparison) => comparison.method === method));
}

/**
 * The least corrected p-value that any comparison with a control can have, whatever the scores: n pairs have 2^n signs, the most extreme two of which count.
 * Above the level nothing can be called significant. Null where nothing is compared.
 */
export function leastCorrected(withControls: readonly Comparison[], correction: StatisticsSettings['correction']): number | null {
  if (withControls.length === 0) return null;
  const samples = Math.max(...withControls.map((comparison) => comparison.samples));
  const family = new Set(withControls.map(({ method }) => method)).size;
  // Benjamini and Hochberg's correction spares tests that all reach the least.
  return Math.min(1, 2 ** (1 - samples) * (correction === 'holm' ? family : 1));
}

/** Every method against every other, once: another family of tests. */
export function comparePairs(table: ScoreTable, statistics: StatisticsSettings): Comparison[] {
  const methods = table.entries.filter(({ control }) => !control);
  const tests = methods.flatMap((method, i) => methods.slice(0, i).map((other) => test(method, other, null)));
  return judge(tests, betterSide(table), statistics);
}

/** How a method stands among the others, as far as differences are significant. */
export interface Standing {
  /** Controls that it is better than, and worse than. */
  readonly above: readonly string[];
  readonly below: readonly string[];
  /** Controls that it was compared with. */
  readonly controls: number;
  /** Other methods that it is better than, and worse than. */
  readonly wins: number;
  readonly losses: number;
}

/** Counts what the comparisons say of each method. */
export function standings(withControls: readonly Comparison[], pairs: readonly Comparison[]): Map<string, Standing> {
  const methods = new Set([...withControls.map(({ method }) => method), ...pairs.flatMap(({ method, other }) => [method, other])]);
  const outcomes = new Map<string, { wins: number; losses: number }>([...methods].map((method) => [method, { wins: 0, losses: 0 }]));
  for (const { method, other, verdict } of pairs) {
    if (verdict === 'not significant') continue;
    const [winner, loser] = verdict === 'better' ? [method, other] : [other, method];
    const [won, lost] = [outcomes.get(winner), outcomes.get(loser)];
    if (won !== undefined) won.wins++;
    if (lost !== undefined) lost.losses++;
  }
  const against = new Map<string, Comparison[]>();
  for (const comparison of withControls) against.set(comparison.method, [...(against.get(comparison.method) ?? []), comparison]);
  return new Map([...outcomes].map(([method, outcome]) => {
    const own = against.get(method) ?? [];
    const named = (verdict: Verdict): string[] => own.filter((comparison) => comparison.verdict === verdict).map(({ other }) => other);
    return [method, { above: named('better'), below: named('worse'), controls: own.length, ...outcome }];
  }));
}
