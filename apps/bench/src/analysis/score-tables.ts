import { medianSorted } from 'simple-statistics';
import { BACKENDS, type MetricSummary } from '../configuration/configuration.ts';
import { bootstrapMeans } from '../statistics/bootstrap-means.ts';
import type { ResultRow } from '../store/result-row.ts';

/** How intervals are drawn. */
export interface Resampling {
  readonly resamples: number;
  readonly seed: number;
}

/** A method on one metric. */
export interface Entry {
  readonly method: string;
  readonly control: boolean;
  readonly value: number;
  readonly ci95: readonly [number, number] | null;
  readonly median: number | null;
  /** A score per sample, those of all seeds one after the other, null where there is none; empty where the run kept none. */
  readonly scores: readonly (number | null)[];
  /** The rows behind it, one per seed. */
  readonly rows: readonly ResultRow[];
}

/** Where a table stands. */
export interface Scope {
  readonly dataset: string;
  readonly model: string;
  readonly backend: string;
}

/** The methods that can be compared with each other: one data set, network, backend and metric. */
export interface ScoreTable extends Scope {
  readonly metric: MetricSummary;
  readonly entries: readonly Entry[];
}

/** Controls of runs before rows said so. */
const CONTROL_NAMES: readonly string[] = ['random', 'edges', 'input-magnitude', 'centre-prior', 'constant'];

/** Whether a row is that of a map that knows nothing of the model. */
export const isControl = (row: Pick<ResultRow, 'method' | 'control' | 'key'>): boolean => row.control === true || (row.key === undefined && CONTROL_NAMES.includes(row.method));

/** Rows by what `keyOf` says of them, in the order of their first. */
export function groupRows<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/** Joins the rows of all seeds. A seed that one method lacks leaves a gap, so that places stay those of the other methods. */
function entryOf(rows: readonly ResultRow[], lengths: ReadonlyMap<number, number>, { resamples, seed }: Resampling): Entry {
  const [first] = rows as readonly [ResultRow, ...ResultRow[]];
  const scores = [...lengths].flatMap(([wanted, length]) => {
    const found = rows.find((row) => row.seed === wanted)?.scores ?? [];
    return found.length === length ? found : new Array<null>(length).fill(null);
  });
  const present = scores.filter((score) => score !== null);
  const kept = { method: first.method, control: isControl(first), scores: present.length === 0 ? [] : scores, rows };
  if (rows.length === 1 || present.length === 0) {
    const value = rows.reduce((sum, row) => sum + (row.value ?? 0), 0) / rows.length;
    return { ...kept, value, ci95: rows.length === 1 ? first.ci95 : null, median: rows.length === 1 ? (first.median ?? null) : null };
  }
  const { mean: [value = NaN], low: [low = NaN], high: [high = NaN] } = bootstrapMeans(present.map((score) => [score]), seed, resamples);
  return { ...kept, value, ci95: [low, high], median: medianSorted([...present].sort((a, b) => a - b)) };
}

/** Groups the rows that have a value into tables of comparable methods; rows that compare backends are left out. */
export function scoreTables(rows: readonly ResultRow[], metrics: readonly MetricSummary[], resampling: Resampling): ScoreTable[] {
  const scored = rows.filter(({ status, value }) => status === 'ok' && value !== null);
  const groups = groupRows(scored, ({ dataset, model, backend, metric }) => JSON.stringify([dataset, model, backend, metric]));
  const order = metrics.map(({ name }) => name);
  const tables = [...groups.values()].flatMap((group): ScoreTable[] => {
    const [{ dataset, model, backend, metric: name }] = group as [ResultRow, ...ResultRow[]];
    const metric = metrics.find((facts) => facts.name === name);
    if (metric === undefined || metric.category === 'agreement') return [];
    const lengths = new Map([...new Set(group.map(({ seed }) => seed))].sort((a, b) => a - b)
      .map((seed) => [seed, Math.max(...group.filter((row) => row.seed === seed).map((row) => row.scores?.length ?? 0))]));
    const entries = [...groupRows(group, ({ method }) => method).values()].map((own) => entryOf(own, lengths, resampling));
    return [{ dataset, model, backend, metric, entries }];
  });
  const backends: readonly string[] = BACKENDS;
  return tables.sort((a, b) => order.indexOf(a.metric.name) - order.indexOf(b.metric.name) || backends.indexOf(a.backend) - backends.indexOf(b.backend));
}
