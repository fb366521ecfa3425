import Table from 'cli-table3';
import type { AnalysedScope, Analysis } from '../analysis/analyse.ts';
import type { PruningRow, ResultRow } from '../store/result-row.ts';
import { countStandings, describeScope, entryIn, formatEstimate, formatInterval, formatNumber, orderScopes, standingSign, whyNothingIsSignificant, withDirection } from './describe.ts';
import { pruningLines } from './pruning-summary.ts';

const BARE = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', right: '', 'right-mid': '', mid: '', 'mid-mid': '', middle: '  ',
};

/** Columns of text, numbers to the right. */
function align(head: readonly string[], rows: readonly (readonly string[])[], leftColumns: number): string {
  const table = new Table({
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: head.map((_, i) => (i < leftColumns ? 'left' : 'right')),
  });
  table.push([...head], ...rows.map((row) => [...row]));
  return table.toString().split('\n').map((line) => line.trimEnd()).join('\n');
}

/** Methods by mean rank; a numbered column for each metric, its name beneath. */
function scopeTable(scope: AnalysedScope, level: number): string {
  const rows = scope.overall.map(({ method, control, rank, ci95 }) => [
    control ? `${method} (control)` : method,
    rank.toFixed(1), formatInterval(ci95, (value) => value.toFixed(1)),
    ...scope.tables.map((analysed) => {
      const entry = entryIn(analysed, method);
      const sign = standingSign(analysed.standings.get(method)).replace('≈', '');
      return entry === undefined ? '' : `${formatNumber(entry.value)}${sign || ' '}`;
    }),
  ]);
  const legend = scope.tables.map((analysed, i) => {
    const { metric, entries } = analysed.table;
    const sorted = [...entries].sort((a, b) => (metric.direction === 'higher' ? b.value - a.value : a.value - b.value));
    const { methods, above, belowRandom } = countStandings(analysed);
    const tooFew = whyNothingIsSignificant(analysed, level);
    const [best, worst] = [sorted[0]!, sorted[sorted.length - 1]!];
    return [
      `${i + 1}`, withDirection(metric), `best ${best.method} ${formatEstimate(best)}`, `last ${worst.method} ${formatNumber(worst.value)}`,
      ...(!entries.some(({ control }) => control) ? ['no controls', ''] : tooFew === null ? [`${above} of ${methods} better than every control`, `${belowRandom} worse than random`] : [tooFew, '']),
    ];
  });
  const head = ['method', 'rank', '95 %', ...scope.tables.map((_, i) => `${i + 1} `)];
  return `${describeScope(scope)}\n${align(head, rows, 1)}\n\n${align(legend[0]?.map(() => '') ?? [], legend, 6).trimStart()}`;
}

function backendsLine({ mapDistances, backendAgreement }: Analysis): string[] {
  const pairs = new Set([...mapDistances, ...backendAgreement].map(({ backends }) => backends.join('~')));
  return [...pairs].map((pair) => {
    const farthest = mapDistances.find(({ backends }) => backends.join('~') === pair);
    const orders = backendAgreement.filter(({ backends }) => backends.join('~') === pair).flatMap(({ kendall }) => (kendall === null ? [] : [kendall]));
    const parts = [
      ...(farthest === undefined ? [] : [`agreement of maps: largest difference ${formatNumber(farthest.mean)} (relative L2, ${farthest.method})`]),
      ...(orders.length === 0 ? [] : [`order of the methods: Kendall tau ${Math.min(...orders).toFixed(3)} at least`]),
    ];
    return `${pair}: ${parts.join('; ')}`;
  });
}

/** The results of a run as text: a table for each network on its first backend, with what is significant, and what failed. */
export function resultsTable(rows: readonly ResultRow[], analysis: Analysis): string {
  const scopes = orderScopes(analysis.scopes);
  const first = scopes.filter((scope, i) => scopes.findIndex(({ dataset, model }) => dataset === scope.dataset && model === scope.model) === i);
  const failures = rows.filter(({ status }) => status === 'failed');
  const notes = [
    ...backendsLine(analysis),
    `rank: mean over ${first[0]?.overallMetrics.join(', ') ?? 'no metric'}, 95 % bootstrap interval. Columns: means over samples.`,
    `+ significantly better than every control, − significantly worse than random (paired signed-rank test, ${analysis.statistics.correction}, ${analysis.statistics.level}); without a sign, neither.`,
    ...(scopes.length > first.length ? ['The tables of the other backends, all intervals and differences are in report.html, report.md and the CSV files.'] : []),
    ...failures.map(({ model, method, backend, metric, error }) => `failed: ${model} ${method} ${backend} ${metric}: ${error?.message ?? ''}`),
  ];
  return `${[...first.map((scope) => scopeTable(scope, analysis.statistics.level)), notes.join('\n')].join('\n\n')}\n`;
}

/** Pruning with retraining as text: a line for each ranking and share of pixels, over all seeds. */
export function pruningTable(rows: readonly PruningRow[]): string {
  const { head, lines } = pruningLines(rows);
  return `${align(head, lines, 4)}\n`;
}
