import type { AnalysedScope, AnalysedTable, Analysis } from '../analysis/analyse.ts';
import { countStandings, describeScope, entryIn, formatEstimate, formatNumber, formatRank, orderScopes, standingSign, whyNothingIsSignificant, withDirection } from '../report/describe.ts';
import { pruningLines } from '../report/pruning-summary.ts';
import type { PruningRow, ResultRow } from '../store/result-row.ts';
import type { RunRecord } from '../store/run-record.ts';

/** A text that means nothing but itself in a cell of a table. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? character)
    .replace(/[\\`*_{}[\]()#|!~]/g, (character) => `\\${character}`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(head), `|${head.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`, ...rows.map(line)].join('\n');
}

function failures(rows: readonly ResultRow[]): string[] {
  const failed = rows.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return [];
  return ['## Failures', table(['method', 'network', 'backend', 'metric', 'code', 'reason'], failed.map(({ method, model, backend, metric, error }) => [method, model, backend, metric, error?.code ?? '', error?.message ?? '']))];
}

/** How many methods are better, and worse, than a control. */
function countAgainst({ standings }: AnalysedTable, control: string): string {
  const all = [...standings.values()];
  return `${all.filter(({ above }) => above.includes(control)).length} / ${all.filter(({ below }) => below.includes(control)).length}`;
}

/** What each metric finds: the controls, the best method, and how many methods stand above and below each control. Empty without controls. */
function findingsTable({ tables }: AnalysedScope, level: number): string[] {
  const controls = [...new Set(tables.flatMap(({ table: { entries } }) => entries.filter(({ control }) => control).map(({ method }) => method)))];
  if (controls.length === 0) return [];
  const lines = tables.map((analysed) => {
    const { metric, entries } = analysed.table;
    const methods = entries.filter(({ control }) => !control);
    const best = methods.reduce<typeof methods[number] | undefined>((first, entry) =>
      (first === undefined || (metric.direction === 'higher' ? entry.value > first.value : entry.value < first.value) ? entry : first), undefined);
    const { methods: compared, above } = countStandings(analysed);
    const tooFew = whyNothingIsSignificant(analysed, level);
    const counts = controls.map((control) => (entryIn(analysed, control) === undefined || tooFew !== null ? '' : countAgainst(analysed, control)));
    return [
      withDirection(metric), ...controls.map((control) => formatNumber(entryIn(analysed, control)?.value ?? NaN).replace('NaN', '')),
      best === undefined ? '' : `${best.method} ${formatEstimate(best)}`, ...counts, tooFew ?? `${above} of ${compared}`,
    ];
  });
  const head = ['metric', ...controls, 'best method', ...controls.map((control) => `better / worse than ${control}`), 'better than every control'];
  return ['### What the metrics find', table(head, lines)];
}

/** The results of a run as Markdown: what fits a paper's appendix or an issue. */
export function resultsMarkdown(rows: readonly ResultRow[], record: RunRecord, analysis: Analysis): string {
  const { statistics: { level, correction, resamples }, scopes } = analysis;
  const protocol = record.command === 'run' ? (record.protocol as typeof record.protocol | undefined) : undefined;
  const parts = orderScopes(scopes).map((scope) => [
    `## ${escapeMarkdown(describeScope(scope))}`,
    table(['method', 'mean rank', ...scope.tables.map(({ table: { metric } }) => withDirection(metric))], scope.overall.map((own) => [
      own.control ? `${own.method} (control)` : own.method, formatRank(own),
      ...scope.tables.map((analysed) => {
        const entry = entryIn(analysed, own.method);
        return entry === undefined ? '' : `${formatEstimate(entry)} ${standingSign(analysed.standings.get(own.method)).replace('≈', '')}`.trim();
      }),
    ])),
    ...findingsTable(scope, level),
  ].join('\n\n'));
  return `${[
    '# Pellucid bench',
    `${protocol === undefined ? '' : `Protocol ${escapeMarkdown(protocol.name)} (${protocol.hash.slice(0, 12)}). `}Means with 95 % intervals (bootstrap, ${resamples} draws); mean rank over ${escapeMarkdown(scopes[0]?.overallMetrics.join(', ') ?? 'no metric')}. + significantly better than every control, − significantly worse than random (paired signed-rank test, ${correction} over the methods that meet a control, ${level}).`,
    ...parts, ...failures(rows),
  ].join('\n\n')}\n`;
}

/** Pruning with retraining as Markdown. */
export function pruningMarkdown(rows: readonly PruningRow[]): string {
  const { head, lines } = pruningLines(rows);
  return `# Pellucid bench: pruning with retraining\n\n${table(head, lines)}\n`;
}
