import type { Analysis } from '../analysis/analyse.ts';
import { describeScope, entryIn, formatEstimate, formatRank, orderScopes, standingSign, withDirection } from '../report/describe.ts';
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
  ].join('\n\n'));
  return `${[
    '# Pellucid bench',
    `${protocol === undefined ? '' : `Protocol ${escapeMarkdown(protocol.name)} (${protocol.hash.slice(0, 12)}). `}Means with 95 % intervals (bootstrap, ${resamples} draws); mean rank over ${escapeMarkdown(scopes[0]?.overallMetrics.join(', ') ?? 'no metric')}. + significantly better than every control, − significantly worse than random (paired signed-rank test, ${correction}, ${level}).`,
    ...parts, ...failures(rows),
  ].join('\n\n')}\n`;
}

/** Pruning with retraining as Markdown. */
export function pruningMarkdown(rows: readonly PruningRow[]): string {
  const { head, lines } = pruningLines(rows);
  return `# Pellucid bench: pruning with retraining\n\n${table(head, lines)}\n`;
}
