import { stringify } from 'csv-stringify/sync';
import type { Analysis } from '../analysis/analyse.ts';
import type { PruningRow, ResultRow } from '../store/result-row.ts';

type Field = string | number | boolean | null | undefined;

/** RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay numbers. */
function write(header: readonly string[], rows: readonly (readonly Field[])[]): string {
  // The library would put the apostrophe before negative numbers too, if they were texts: only texts of others can be formulas.
  const safe = (field: Field): Field => (typeof field === 'string' && /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/.test(field) ? `'${field}` : field);
  return stringify([[...header], ...rows.map((row) => row.map(safe))], { record_delimiter: 'windows', cast: { boolean: String } });
}

/** A line per cell, without the scores of samples. */
export function resultsCsv(rows: readonly ResultRow[]): string {
  const header = [
    'dataset', 'model', 'method', 'control', 'backend', 'engine', 'metric', 'status', 'value', 'low', 'high', 'median', 'samples', 'scored', 'seed',
    'forwardPasses', 'backwardPasses', 'seconds', 'peakMemoryBytes', 'errorCode', 'errorMessage', 'key',
  ];
  return write(header, rows.map((row) => [
    row.dataset, row.model, row.method, row.control === true, row.backend, row.engine, row.metric, row.status, row.value, row.ci95?.[0], row.ci95?.[1],
    row.median, row.samples, row.scored, row.seed, row.forwardPasses, row.backwardPasses, row.seconds, row.peakMemoryBytes, row.error?.code, row.error?.message, row.key,
  ]));
}

/** A line per cell and sample. */
export function scoresCsv(rows: readonly ResultRow[]): string {
  return write(['dataset', 'model', 'method', 'backend', 'metric', 'seed', 'sample', 'score'], rows.flatMap((row) =>
    (row.scores ?? []).map((score, sample) => [row.dataset, row.model, row.method, row.backend, row.metric, row.seed, sample, score])));
}

/** A line per method and metric: rank, and how the method stands. */
export function ranksCsv({ scopes }: Analysis): string {
  const header = ['dataset', 'model', 'backend', 'metric', 'method', 'control', 'rank', 'low', 'high', 'methods', 'betterThanControls', 'worseThanControls', 'wins', 'losses'];
  return write(header, scopes.flatMap(({ dataset, model, backend, tables }) => tables.flatMap(({ table, ranking, standings }) => table.entries.map(({ method, control }) => {
    const [rank, standing] = [ranking.ranks.get(method), standings.get(method)];
    return [
      dataset, model, backend, table.metric.name, method, control, rank?.rank, rank?.ci95?.[0], rank?.ci95?.[1], table.entries.length,
      standing?.above.join(' '), standing?.below.join(' '), standing?.wins, standing?.losses,
    ];
  }))));
}

/** A line per comparison, those with controls and those of methods with each other. */
export function comparisonsCsv({ scopes }: Analysis): string {
  const header = ['dataset', 'model', 'backend', 'metric', 'family', 'method', 'other', 'difference', 'low', 'high', 'samples', 'p', 'adjusted', 'verdict'];
  return write(header, scopes.flatMap(({ dataset, model, backend, tables }) => tables.flatMap(({ table, withControls, pairs }) => [
    ...withControls.map((comparison) => ({ family: 'controls', ...comparison })), ...pairs.map((comparison) => ({ family: 'methods', ...comparison })),
  ].map(({ family, method, other, difference, ci95, samples, p, adjusted, verdict }) => [
    dataset, model, backend, table.metric.name, family, method, other, difference, ci95?.[0], ci95?.[1], samples, p, adjusted, verdict,
  ]))));
}

/** A line per pruning. */
export function pruningCsv(rows: readonly PruningRow[]): string {
  const header = ['dataset', 'network', 'ranking', 'direction', 'fraction', 'seed', 'referenceAccuracy', 'accuracy', 'drop'];
  return write(header, rows.map((row) => [row.dataset, row.network, row.ranking, row.direction, row.fraction, row.seed, row.referenceAccuracy, row.accuracy, row.drop]));
}
