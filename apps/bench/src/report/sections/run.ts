import { groupRows } from '../../analysis/score-tables.ts';
import type { PruningRow, ResultRow } from '../../store/result-row.ts';
import type { NotApplicable, ProtocolRecord, RunRecord } from '../../store/run-record.ts';
import { captionedTable, html, type Markup } from '../markup.ts';
import { describeTraining, pruningLines, pruningNotes } from '../pruning-summary.ts';

/** Cells that failed, with their reason. */
export function failuresMarkup(rows: readonly ResultRow[]): Markup {
  const failed = rows.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return html`<p>None: every cell that was tried has a value.</p>`;
  return captionedTable(['method', 'backend', 'metric', 'network', 'seed', 'code', 'reason'], failed.map(({ dataset, model, method, backend, metric, seed, error }) => [
    method, backend, metric, `${model} on ${dataset}`, seed, error?.code ?? '', { content: error?.message ?? '', kind: 'text' },
  ]), { caption: `${failed.length} cells failed.` });
}

/** Cells that do not exist, joined by their reason. */
export function notApplicableMarkup(cells: readonly NotApplicable[]): Markup {
  if (cells.length === 0) return html`<p>None: every method can do what every metric asks for.</p>`;
  const reasons = groupRows(cells, ({ reason }) => reason);
  const names = (values: readonly string[]): string => [...new Set(values)].join(', ');
  return captionedTable(['reason', 'methods', 'metrics', 'networks', 'backends', 'cells'], [...reasons].map(([reason, own]) => [
    { content: reason, kind: 'text' }, { content: names(own.map(({ method }) => method)), kind: 'text' }, { content: names(own.map(({ metric }) => metric)), kind: 'text' },
    names(own.map(({ model }) => model)), names(own.map(({ backend }) => backend)), own.length,
  ]), { caption: `${cells.length} cells were planned and do not apply: what they need is not there.` });
}

/** Pruning with retraining, over seeds. */
export function pruningMarkup(rows: readonly PruningRow[], record: RunRecord): Markup {
  const { head, lines } = pruningLines(rows);
  return html`<p class="note">Only the most important pixels stay in training and test images, or go; a network is trained from scratch. Accuracies in percent.</p>
${captionedTable(head, lines, { caption: 'Accuracy that is lost with the pixels: mean over seeds with its 95 % interval.', heads: 4 })}
<ul>${pruningNotes(record).map((note) => html`<li>${note}</li>`)}</ul>`;
}

/** Where the numbers come from: program, protocol, machine, networks. */
export function provenanceMarkup(record: RunRecord): Markup {
  const { versions, machine, trained, start, end, configuration, command } = record;
  // Runs of before protocols have none.
  const protocol = record.command === 'run' ? (record.protocol as ProtocolRecord | undefined) : undefined;
  const facts: readonly (readonly [string, string])[] = [
    ['Command', command],
    ...(protocol === undefined ? [] : [['Protocol', `${protocol.name}${protocol.changed.length > 0 ? `, with other ${protocol.changed.join(', ')}` : ''}`], ['SHA-256 of the protocol', protocol.hash]] as const),
    ['Start', start],
    ['End', end ?? 'not over'],
    ['Machine', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}`],
    ...Object.entries(versions),
    ...trained.map(({ dataset, network, seed, accuracy, seconds, ...training }) =>
      [`${network} on ${dataset}, seed ${seed}`, `${describeTraining(training)}: ${seconds.toFixed(1)} s, right on ${accuracy.toFixed(2)} % of the test images`] as const),
  ];
  return html`<dl>${facts.map(([name, fact]) => html`<dt>${name}</dt><dd>${fact}</dd>`)}</dl>
${protocol === undefined ? html`` : html`<details><summary>Protocol, every default written out</summary><pre tabindex="0">${JSON.stringify(protocol.resolved, null, 2)}</pre></details>`}
<details><summary>Configuration</summary><pre tabindex="0">${JSON.stringify(configuration, null, 2)}</pre></details>`;
}
