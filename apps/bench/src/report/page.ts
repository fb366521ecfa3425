import type { Analysis } from '../analysis/analyse.ts';
import { analyse } from '../analysis/analyse.ts';
import type { PruningRow, ResultRow } from '../store/result-row.ts';
import type { RunRecord } from '../store/run-record.ts';
import { orderScopes } from './describe.ts';
import { html, type Markup } from './markup.ts';
import { agreementMarkup } from './sections/agreement.ts';
import { costsMarkup } from './sections/costs.ts';
import { curvesMarkup } from './sections/curves.ts';
import { metricTablesMarkup } from './sections/metric-tables.ts';
import { overviewMarkup } from './sections/overview.ts';
import { evolutionMarkup, galleryMarkup, type ExampleSet, type RecordPicture } from './sections/pictures.ts';
import { failuresMarkup, notApplicableMarkup, provenanceMarkup, pruningMarkup } from './sections/run.ts';
import { STYLE } from './style.ts';

/** Everything that a report shows. */
export interface ReportContent {
  readonly record: RunRecord;
  readonly rows: readonly ResultRow[];
  readonly pruning: readonly PruningRow[];
  readonly examples: readonly ExampleSet[];
  readonly records: readonly RecordPicture[];
  /** @defaultValue that of the rows */
  readonly analysis?: Analysis | undefined;
}

interface Part {
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

function resultParts({ record, rows, examples, analysis = analyse(rows, record) }: ReportContent): Part[] {
  const scopes = orderScopes(analysis.scopes);
  // The backends of a network give nearly the same curves and costs in passes: one of them is drawn.
  const drawn = scopes.filter((scope, i) => scopes.findIndex(({ dataset, model }) => dataset === scope.dataset && model === scope.model) === i);
  const { statistics: { level, correction } } = analysis;
  // Runs of before say nothing of cells that do not apply.
  const notApplicable = record.command === 'run' ? ((record.notApplicable as typeof record.notApplicable | undefined) ?? []) : [];
  const gallery = examples.some((set) => set.examples.length > 0);
  const curves = curvesMarkup(drawn);
  return [
    { id: 'overview', title: 'Overview', body: overviewMarkup(analysis, scopes) },
    { id: 'metrics', title: 'Metrics', body: metricTablesMarkup(scopes, level, correction) },
    ...(curves.html === '' ? [] : [{ id: 'curves', title: 'Curves', body: curves }]),
    { id: 'agreement', title: 'Agreement', body: agreementMarkup(analysis, drawn) },
    { id: 'cost', title: 'Cost', body: costsMarkup(drawn) },
    ...(gallery ? [{ id: 'gallery', title: 'Gallery', body: galleryMarkup(examples) }] : []),
    { id: 'failures', title: 'Failures', body: failuresMarkup(rows) },
    { id: 'not-applicable', title: 'Not applicable', body: notApplicableMarkup(notApplicable) },
  ];
}

/** The report as one page that loads nothing. */
export function reportPage(content: ReportContent): string {
  const { record, rows, pruning, records } = content;
  const parts: Part[] = [
    ...(rows.length > 0 ? resultParts(content) : []),
    ...(pruning.length > 0 ? [{ id: 'pruning', title: 'Pruning with retraining', body: pruningMarkup(pruning, record) }] : []),
    ...(records.length > 0 ? [{ id: 'evolution', title: 'Accumulated gradients, epoch by epoch', body: evolutionMarkup(records) }] : []),
    { id: 'provenance', title: 'Provenance', body: provenanceMarkup(record) },
  ];
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Pellucid bench</title><link rel="icon" href="data:,"><style>${{ html: STYLE }}</style></head>
<body><a class="skip" href="#content">Skip to the results</a>
<header><h1>Pellucid bench</h1><p class="note">Attribution methods on every engine by one protocol: ${rows.length > 0 ? `${rows.length} cells` : `${pruning.length} prunings`}, ${record.start.slice(0, 10)}.</p></header>
<nav aria-label="Sections"><ul>${parts.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main id="content" tabindex="-1">${parts.map(({ id, title, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${body}</section>\n`)}</main>
</body></html>
`.html;
}
