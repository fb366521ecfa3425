import type { PruningRow, ResultRow } from '../store/result-row.ts';
import type { RunRecord } from '../store/run-record.ts';
import { describeBackend, directionOf, formatCell, orderOf, sectionsOf, type Section } from './describe.ts';
import { html, table, type Markup } from './markup.ts';
import type { Example } from './pictures.ts';
import { summarisePruning } from './pruning-summary.ts';

/** Example maps of one network. */
export interface ExampleSet {
  readonly model: string;
  readonly backend: string;
  readonly methods: readonly string[];
  readonly examples: readonly Example[];
}

/** The recorded map of a training, over its epochs. */
export interface RecordPicture {
  readonly title: string;
  readonly url: string;
}

/** Everything that a report shows. */
export interface ReportContent {
  readonly record: RunRecord;
  readonly rows: readonly ResultRow[];
  readonly pruning: readonly PruningRow[];
  readonly examples: readonly ExampleSet[];
  readonly records: readonly RecordPicture[];
}

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:96rem;padding:0 1rem;color:#1a1a1a;background:#fff}
h2{margin-top:2.2rem}table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.6rem 0}
th,td{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}
th[scope=row],thead th:first-child{text-align:left;font-weight:600}td.failed{color:#a40000;white-space:normal;text-align:left}
.wide{overflow-x:auto}.pixels{image-rendering:pixelated;width:96px;height:96px;display:block}figure{margin:.6rem 0}
.note{color:#555}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{font-weight:600}dd{margin:0}`;

function sectionMarkup({ dataset, model, seed, metrics, lines }: Section): Markup {
  const showsAgreement = lines.some(({ agreement }) => agreement !== undefined);
  const head = [
    'method', 'backend', ...metrics.map((metric) => `${metric} ${directionOf(metric)}`),
    ...(showsAgreement ? ['agreement ↓'] : []), 'forward passes', 'backward passes', 'seconds',
  ];
  const rows = lines.map(({ method, backend, engine, byMetric, agreement, cost }) => [
    method,
    describeBackend(backend, engine),
    ...metrics.map((metric) => formatCell(byMetric.get(metric))),
    ...(showsAgreement ? [formatCell(agreement)] : []),
    cost?.forwardPasses ?? '', cost?.backwardPasses ?? '', cost?.seconds?.toFixed(2) ?? '',
  ]);
  return html`<h3>${model} on ${dataset}, seed ${seed}</h3><div class="wide">${table(head, rows, 2)}</div>`;
}

function failuresMarkup(rows: readonly ResultRow[]): Markup {
  const failed = rows.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return html`<h2>Failures</h2><p>None: every cell has a value.</p>`;
  const lines = failed.map(({ model, method, backend, metric, seed, error }) => [
    method, backend, metric, model, seed, error?.code ?? '', html`<span class="failed">${error?.message ?? ''}</span>`,
  ]);
  return html`<h2>Failures</h2><div class="wide">${table(['method', 'backend', 'metric', 'network', 'seed', 'code', 'reason'], lines)}</div>`;
}

function pruningMarkup(rows: readonly PruningRow[]): Markup {
  if (rows.length === 0) return html``;
  const lines = summarisePruning(rows).map(({ ranking, dataset, network, fraction, seeds, reference, accuracy, drop }) => [
    ranking, dataset, network, `${fraction} %`, seeds, reference.toFixed(2), accuracy.toFixed(2), drop,
  ]);
  return html`<h2>Pruning with retraining</h2>
<p class="note">Only the most important pixels stay in training and test images; a network is trained from scratch. Accuracies in percent.</p>
${table(['ranking', 'data', 'network', 'pixels kept', 'seeds', 'accuracy', 'on pruned', 'drop, points ↓'], lines)}`;
}

function examplesMarkup({ model, backend, methods, examples }: ExampleSet): Markup {
  if (examples.length === 0) return html``;
  const picture = (url: string | null, name: string): Markup => (url === null ? html`none` : html`<img class="pixels" src="${url}" alt="${name}">`);
  const rows = examples.map(({ className, image, maps }) => [
    className, picture(image, className), ...maps.map((url, i) => picture(url, `${methods[i] ?? ''} for ${className}`)),
  ]);
  return html`<h3>${model}, ${backend}</h3><div class="wide">${table(['class', 'image', ...methods], rows)}</div>`;
}

function machineMarkup({ versions, machine, trained, start, end, configuration, command }: RunRecord): Markup {
  const facts: readonly (readonly [string, string])[] = [
    ['Command', command],
    ['Start', start],
    ['End', end ?? 'not over'],
    ['Machine', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}`],
    ...Object.entries(versions),
    ...trained.map(({ network, seed, accuracy, trainImages, seconds }) =>
      [`${network}, seed ${seed}`, `trained here on ${trainImages} images in ${seconds.toFixed(1)} s: right on ${accuracy.toFixed(2)} % of the test images`] as const),
  ];
  return html`<h2>Run</h2><dl>${facts.map(([name, fact]) => html`<dt>${name}</dt><dd>${fact}</dd>`)}</dl>
<details><summary>Configuration</summary><pre>${JSON.stringify(configuration, null, 2)}</pre></details>`;
}

/** The report as one page that loads nothing. */
export function reportPage({ record, rows, pruning, examples, records }: ReportContent): string {
  const sections = sectionsOf(rows, orderOf(record));
  const matrix = html`<h2>Results</h2>
<p class="note">Means with 95 % intervals (bootstrap over samples). ↓ lower is better, ↑ higher is better. Pruning: drop of accuracy in points.
Agreement: relative L2 difference between the maps of the backends. Passes and seconds: making the maps of the samples.
<b>random</b> and <b>edges</b> are controls that do not know the network.</p>
${sections.map(sectionMarkup)}`;
  const pictures = examples.some((set) => set.examples.length > 0)
    ? html`<h2>Example maps</h2><p class="note">Red speaks for the class, blue against it.</p>${examples.map(examplesMarkup)}`
    : html``;
  const evolution = records.length === 0 ? html`` : html`<h2>Accumulated gradients, epoch by epoch</h2>
${records.map(({ title, url }) => html`<figure><img src="${url}" alt="${title}"><figcaption>${title}</figcaption></figure>`)}`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Pellucid bench</title><style>${{ html: STYLE }}</style></head>
<body><h1>Pellucid bench</h1>
${rows.length > 0 ? matrix : html``}
${pruningMarkup(pruning)}
${rows.length > 0 ? failuresMarkup(rows) : html``}
${pictures}
${evolution}
${machineMarkup(record)}
</body></html>
`.html;
}
