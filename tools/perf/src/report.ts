import type { Cell } from './cell.ts';

const HEADINGS = ['model', 'backend', 'method', 'batch', 'ours', 'peer', 'ours / peer', '/ own forward', ''] as const;

const figure = (value: number | null, unit: string): string => (value === null ? '-' : `${value.toPrecision(value >= 100 ? 4 : 3)} ${unit}`);
const ratio = (value: number | null): string => (value === null ? '-' : `${value.toFixed(2)}x`);

function columns({ model, backend, method, batch, ours, peer, unit, ratio: toPeer, overForward, quiet, error }: Cell): string[] {
  return [model, backend, method, String(batch), figure(ours, unit), figure(peer, unit), ratio(toPeer), ratio(overForward), error === null ? (quiet ? '' : '(disturbed)') : `failed: ${error}`];
}

/** The cells as a table for a terminal. */
export function table(cells: readonly Cell[]): string {
  const rows = [[...HEADINGS], ...cells.map(columns)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => row.map((text, column) => (column < 3 || column === HEADINGS.length - 1 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join('  ').trimEnd()).join('\n');
}
