import type { MetricSummary } from '../configuration/configuration.ts';
import { BACKENDS } from '../configuration/configuration.ts';
import type { AnalysedScope, AnalysedTable } from '../analysis/analyse.ts';
import type { Standing } from '../analysis/comparisons.ts';
import type { RankEstimate, Ranking } from '../analysis/ranks.ts';
import type { Entry, Scope } from '../analysis/score-tables.ts';

/** A number for people: three decimals, or an exponent where those would show nothing or too much. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size < 0.001 || size >= 1e5 ? value.toExponential(1) : value.toFixed(size >= 100 ? 1 : 3);
}

/** A p-value for people. */
export const formatP = (p: number): string => (p < 0.001 ? p.toExponential(0) : p.toFixed(3));

/** Bounds of an interval, or nothing. */
export const formatInterval = (interval: readonly [number, number] | null | undefined, format: (value: number) => string = formatNumber): string =>
  interval === null || interval === undefined ? '' : `[${format(interval[0])}, ${format(interval[1])}]`;

/** A value with its interval. */
export const formatEstimate = ({ value, ci95 }: Pick<Entry, 'value' | 'ci95'>): string => `${formatNumber(value)} ${formatInterval(ci95)}`.trim();

/** A rank with its interval. */
export const formatRank = ({ rank, ci95 }: RankEstimate): string => `${rank.toFixed(1)} ${formatInterval(ci95, (value) => value.toFixed(1))}`.trim();

/** A metric with a sign that says which way is better. */
export const withDirection = ({ name, direction }: MetricSummary): string => `${name} ${direction === 'higher' ? '↑' : '↓'}`;

/** Where a table stands, in words. */
export const describeScope = ({ dataset, model, backend }: Scope): string => `${model} on ${dataset}, ${backend}`;

/** The rank of a method; last where it has none. */
export const rankIn = ({ ranks }: Ranking, method: string): number => ranks.get(method)?.rank ?? Infinity;

/** A sign for how a method stands against the controls: significantly better than all, or worse than random, or neither. */
export function standingSign(standing: Standing | undefined): '+' | '−' | '≈' | '' {
  if (standing === undefined || standing.controls === 0) return '';
  if (standing.above.length === standing.controls) return '+';
  return standing.below.includes('random') ? '−' : '≈';
}

/** The same in words. */
export function standingWords({ above, below, controls }: Standing): string {
  const others = controls - above.length - below.length;
  const parts = [
    ...(above.length > 0 ? [`significantly better than ${above.length === controls ? 'every control' : above.join(', ')}`] : []),
    ...(below.length > 0 ? [`significantly worse than ${below.length === controls ? 'every control' : below.join(', ')}`] : []),
    ...(others > 0 ? [`not significantly different from ${others === controls ? 'any control' : `${others} of ${controls} controls`}`] : []),
  ];
  return parts.join('; ');
}

/** Scopes in the order of data sets and networks, the backends of each in the order of the program. */
export function orderScopes(scopes: readonly AnalysedScope[]): AnalysedScope[] {
  const place = (backend: string): number => (BACKENDS as readonly string[]).indexOf(backend);
  const networks = [...new Set(scopes.map(({ dataset, model }) => JSON.stringify([dataset, model])))];
  const network = ({ dataset, model }: Scope): number => networks.indexOf(JSON.stringify([dataset, model]));
  return [...scopes].sort((a, b) => network(a) - network(b) || place(a.backend) - place(b.backend));
}

/** The entry of a method in a table. */
export const entryIn = ({ table }: AnalysedTable, method: string): Entry | undefined => table.entries.find((entry) => entry.method === method);

/** Whether the best method of a table can be told from chance: how many methods beat all controls, and how many are below random. */
export function countStandings({ standings }: AnalysedTable): { readonly methods: number; readonly above: number; readonly belowRandom: number } {
  const all = [...standings.values()];
  return {
    methods: all.length,
    above: all.filter((standing) => standingSign(standing) === '+').length,
    belowRandom: all.filter(({ below }) => below.includes('random')).length,
  };
}

/** Why no method of a table can be significantly better or worse than a control: too few samples for so many methods. Null where it can. */
export function whyNothingIsSignificant({ withControls, leastP, standings }: AnalysedTable, level: number): string | null {
  if (leastP === null || leastP <= level) return null;
  const samples = Math.max(...withControls.map((comparison) => comparison.samples));
  return `${samples} ${samples === 1 ? 'sample' : 'samples'} cannot tell ${standings.size} ${standings.size === 1 ? 'method' : 'methods'} from controls (p ${formatP(leastP)} at least)`;
}
