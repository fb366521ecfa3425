import { median } from 'simple-statistics';
import type { AnalysedScope, Analysis } from '../../analysis/analyse.ts';
import { describeScope, formatNumber } from '../describe.ts';
import { captionedTable, html, type Cell, type Markup } from '../markup.ts';

const show = (value: number | null): string => (value === null ? 'none' : value.toFixed(2));

function backendsMarkup({ backendAgreement, mapDistances }: Analysis): Markup {
  if (backendAgreement.length === 0 && mapDistances.length === 0) return html`<p>One backend: nothing to compare.</p>`;
  const backends = [...new Set([...backendAgreement, ...mapDistances].flatMap((entry) => entry.backends))];
  const joins = (entry: { readonly backends: readonly [string, string] }, a: string, b: string): boolean => entry.backends.includes(a) && entry.backends.includes(b);
  const matrix = backends.map((a) => [a, ...backends.map((b): string => {
    if (a === b) return '–';
    const distances = mapDistances.filter((entry) => joins(entry, a, b)).map(({ mean }) => mean);
    const orders = backendAgreement.filter((entry) => joins(entry, a, b)).flatMap(({ kendall }) => (kendall === null ? [] : [kendall]));
    const parts = [
      ...(distances.length > 0 ? [`maps: median ${formatNumber(median(distances))}, largest ${formatNumber(Math.max(...distances))}`] : []),
      ...(orders.length > 0 ? [`orders: median τ ${median(orders).toFixed(3)}, least ${Math.min(...orders).toFixed(3)}`] : []),
    ];
    return parts.join('; ') || 'not compared';
  })]);
  const far = mapDistances.slice(0, 10).map(({ method, dataset, model, backends: [a, b], mean, largest }) => [method, `${model} on ${dataset}`, `${a} and ${b}`, formatNumber(mean), largest === null ? '' : formatNumber(largest)]);
  return html`${captionedTable(['backend', ...backends], matrix, { caption: 'Backends: relative L2 difference of the maps of a method (mean over samples), and rank correlation (Kendall τ) of the order of the methods by each metric.' })}
${far.length === 0 ? html`` : captionedTable(['method', 'network', 'backends', 'mean', 'largest'], far, { caption: 'Maps that differ most between backends: relative L2 difference, mean and largest over the samples.' })}`;
}

function metricsMarkup(scope: AnalysedScope, { metricAgreement }: Analysis): Markup {
  const own = metricAgreement.filter(({ dataset, model, backend }) => dataset === scope.dataset && model === scope.model && backend === scope.backend);
  if (own.length === 0) return html``;
  const names = scope.tables.map(({ table: { metric } }) => metric.name);
  const rows = names.map((a) => [a, ...names.map((b): string | Cell => {
    if (a === b) return '–';
    const found = own.find(({ metrics }) => metrics.includes(a) && metrics.includes(b));
    const tau = found?.kendall ?? null;
    return { content: show(tau), kind: tau !== null && tau < 0 ? 'bad' : '' };
  })]);
  return captionedTable(['metric', ...names], rows, {
    caption: `Agreement of metrics on ${describeScope(scope)}: Kendall τ between their orders of the methods, controls left out. 1: the same order; 0: unrelated; below 0: opposite.`, tableClass: 'heat matrix',
  });
}

/** Whether backends, and metrics, say the same. */
export function agreementMarkup(analysis: Analysis, scopes: readonly AnalysedScope[]): Markup {
  return html`<h3>Backends</h3>${backendsMarkup(analysis)}<h3>Metrics</h3>${scopes.map((scope) => metricsMarkup(scope, analysis))}`;
}
