import Table from 'cli-table3';
import type { PruningRow, ResultRow } from '../store/result-row.ts';
import { describeBackend, directionOf, formatCell, sectionsOf, type Order, type Section } from './describe.ts';
import { summarisePruning } from './pruning-summary.ts';

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

function sectionTable({ dataset, model, seed, metrics, lines }: Section): string {
  const showsAgreement = lines.some(({ agreement }) => agreement !== undefined);
  const head = ['method', 'backend', ...metrics.map((metric) => `${metric} ${directionOf(metric)}`)];
  if (showsAgreement) head.push('agreement ↓');
  const rows = lines.map(({ method, backend, engine, byMetric, agreement, cost }) => [
    method,
    describeBackend(backend, engine),
    ...metrics.map((metric) => formatCell(byMetric.get(metric))),
    ...(showsAgreement ? [formatCell(agreement)] : []),
    String(cost?.forwardPasses ?? ''),
    String(cost?.backwardPasses ?? ''),
    cost?.seconds?.toFixed(2) ?? '',
  ]);
  return `${dataset}, ${model}, seed ${seed}\n${align([...head, 'forward', 'backward', 'seconds'], rows, 2)}`;
}

/** The results of a run as text: a table for each network and seed. */
export function resultsTable(rows: readonly ResultRow[], order: Order): string {
  const samples = [...new Set(rows.filter(({ metric, status }) => metric === 'deletion' && status === 'ok').map((row) => row.samples))];
  const failures = rows.filter(({ status }) => status === 'failed');
  const notes = [
    `Means with 95 % intervals (bootstrap${samples.length === 0 ? '' : ` over ${samples.join(', ')} samples`}; pruning: drop of accuracy in points, over test images).`,
    'Agreement: relative L2 difference between the maps of the backends. Passes and seconds: making the maps of the samples.',
    ...failures.map(({ model, method, backend, metric, error }) => `failed: ${model} ${method} ${backend} ${metric}: ${error?.message ?? ''}`),
  ];
  return `${[...sectionsOf(rows, order).map(sectionTable), notes.join('\n')].join('\n\n')}\n`;
}

/** Pruning with retraining as text: a line for each ranking and share of pixels, over all seeds. */
export function pruningTable(rows: readonly PruningRow[]): string {
  const lines = summarisePruning(rows).map(({ dataset, network, ranking, fraction, seeds, reference, accuracy, drop }) => [
    dataset, network, ranking, `${fraction} %`, String(seeds), reference.toFixed(2), accuracy.toFixed(2), drop,
  ]);
  return `${align(['data', 'network', 'ranking', 'kept', 'seeds', 'accuracy', 'on pruned', 'drop, points ↓'], lines, 3)}\n`;
}
