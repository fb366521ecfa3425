import { BACKENDS } from '../configuration/configuration.ts';
import type { ResultRow } from '../store/result-row.ts';
import type { RunRecord } from '../store/run-record.ts';

/** A number for people: three decimals, or an exponent where those would show nothing. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(3);
}

/** A value with its interval, or what stands in its place. */
export function formatCell(row: ResultRow | undefined): string {
  if (row === undefined) return '';
  if (row.value === null || row.ci95 === null) return `failed: ${row.error?.code ?? 'UNEXPECTED'}`;
  if (row.metric === 'agreement') return formatNumber(row.value);
  const percent = row.metric.startsWith('pruning-');
  const show = (value: number): string => (percent ? value.toFixed(1) : formatNumber(value));
  return `${show(row.value)} [${show(row.ci95[0])}, ${show(row.ci95[1])}]`;
}

/** Which way is better, as a sign for the head of a column. */
export function directionOf(metric: string): string {
  return metric === 'insertion' ? '↑' : '↓';
}

/** The rows of one network and seed, as a table of lines by method and backend, and columns by metric. */
export interface Section {
  readonly dataset: string;
  readonly model: string;
  readonly seed: number;
  readonly metrics: readonly string[];
  readonly lines: readonly SectionLine[];
}

/** One method on one backend. */
export interface SectionLine {
  readonly method: string;
  readonly backend: string;
  readonly engine: string | null;
  readonly byMetric: ReadonlyMap<string, ResultRow>;
  /** How far its maps are from those of the other backends, at most. */
  readonly agreement: ResultRow | undefined;
  /** The row whose cost is that of explaining the test images. */
  readonly cost: ResultRow | undefined;
}

const unique = <Value>(values: readonly Value[]): Value[] => [...new Set(values)];

/** In the order of an earlier list; what is not in it comes last. */
/** A backend and its engine, in words. */
export function describeBackend(backend: string, engine: string | null): string {
  const [name = backend] = backend.split('/');
  return engine === null ? backend : `${name} (${engine})`;
}

const inOrder = (values: readonly string[], order: readonly string[]): string[] => {
  const rank = (value: string): number => (order.includes(value) ? order.indexOf(value) : order.length);
  return unique(values).sort((a, b) => rank(a) - rank(b));
};

/** How methods, backends and metrics are sorted. */
export interface Order {
  readonly methods: readonly string[];
  readonly backends: readonly string[];
}

/** Deletion, insertion, then pruning from the most pixels kept to the fewest, whichever row was finished first. */
function metricRank(metric: string): number {
  const [, kept] = /^pruning-(.+)$/.exec(metric) ?? [];
  return kept === undefined ? ['deletion', 'insertion'].indexOf(metric) : 101 - Number(kept);
}

function sectionOf(rows: readonly ResultRow[], order: Order): Section {
  const [{ dataset, model, seed }] = rows as readonly [ResultRow, ...ResultRow[]];
  const plain = rows.filter(({ metric }) => metric !== 'agreement');
  const lines = inOrder(rows.map(({ method }) => method), order.methods).flatMap((method) =>
    inOrder(plain.filter((row) => row.method === method).map(({ backend }) => backend), order.backends).map((backend): SectionLine => {
      const own = plain.filter((row) => row.method === method && row.backend === backend);
      const byMetric = new Map(own.map((row) => [row.metric, row]));
      const [agreement] = rows
        .filter((row) => row.metric === 'agreement' && row.method === method && row.backend.split('~').includes(backend))
        .sort((a, b) => (b.value ?? Infinity) - (a.value ?? Infinity));
      const engine = own.find((row) => row.engine !== null)?.engine ?? null;
      const cost = byMetric.get('deletion') ?? byMetric.get('insertion') ?? own[0];
      return { method, backend, engine, byMetric, agreement, cost };
    }),
  );
  const metrics = unique(plain.map(({ metric }) => metric)).sort((a, b) => metricRank(a) - metricRank(b));
  return { dataset, model, seed, metrics, lines };
}

/** Groups rows into sections, one for each data set, network and seed. */
export function sectionsOf(rows: readonly ResultRow[], order: Order): Section[] {
  const groups = new Map<string, ResultRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.dataset, row.model, row.seed]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.entries()].sort(([a], [b]) => a.localeCompare(b)).map(([, group]) => sectionOf(group, order));
}

/** The order in which the configuration of a run names things. */
export function orderOf({ configuration }: RunRecord): Order {
  const methods = 'methods' in configuration ? configuration.methods : configuration.rankings;
  return { methods: methods.map(({ name }) => name), backends: BACKENDS };
}
