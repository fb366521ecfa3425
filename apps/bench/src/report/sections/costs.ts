import type { AnalysedScope } from '../../analysis/analyse.ts';
import type { ResultRow } from '../../store/result-row.ts';
import { scatterChart, type Point } from '../charts.ts';
import { describeScope } from '../describe.ts';
import { captionedTable, html, type Markup } from '../markup.ts';

/** The row of a method whose cost is that of explaining the samples. */
function costOf({ tables }: AnalysedScope, method: string): ResultRow | undefined {
  const rows = tables.filter(({ table }) => table.metric.category === 'faithfulness').flatMap(({ table }) => table.entries.filter((entry) => entry.method === method).flatMap((entry) => entry.rows));
  return rows[0];
}

function costMarkup(scope: AnalysedScope): Markup {
  const lines = scope.overall.flatMap(({ method, control, rank }) => {
    const row = costOf(scope, method);
    return row?.seconds === undefined || row.seconds === null ? [] : [{ method, control, rank, row, seconds: row.seconds }];
  });
  if (lines.length === 0) return html``;
  const points = lines.map(({ method, control, rank, row, seconds }): Point => ({ name: method, control, x: Math.max(1e-5, seconds / Math.max(1, row.samples)), y: rank }));
  const title = `Cost against faithfulness on ${describeScope(scope)}`;
  const rows = lines.map(({ method, rank, row, seconds }) => [
    method, rank.toFixed(1), String(row.forwardPasses ?? ''), String(row.backwardPasses ?? ''), seconds.toFixed(3),
    row.peakMemoryBytes === null || row.peakMemoryBytes === undefined ? '' : (row.peakMemoryBytes / 2 ** 20).toFixed(0),
  ]);
  return html`<figure><div class="chart" role="region" tabindex="0" aria-label="Chart: ${title}">${scatterChart(points, { horizontal: 'seconds per sample (logarithmic)', vertical: 'mean rank, best at the top' }, `${title}; the table below holds the values.`)}</div>
<figcaption>${title}. Top left is fast and faithful; diamonds are controls.</figcaption>
<details><summary>Values</summary>${captionedTable(['method', 'mean rank', 'forward passes', 'backward passes', 'seconds', 'peak memory, MiB'], rows, {
    caption: `What making the maps of all samples took: ${describeScope(scope)}. Peak memory is that of the process. Seconds were measured with other processes at work.`, rowClass: (row) => (lines[row]!.control ? 'control' : ''),
  })}</details></figure>`;
}

/** Passes, seconds and memory beside the mean rank. */
export const costsMarkup = (scopes: readonly AnalysedScope[]): Markup => html`${scopes.map(costMarkup)}`;
