import { kendall, spearman } from '../statistics/rank-correlation.ts';
import type { ResultRow } from '../store/result-row.ts';
import { groupRows, type Scope, type ScoreTable } from './score-tables.ts';

/** How far two orders of the same methods agree: rank correlations from -1 to 1, null where there is nothing to correlate. */
export interface Correlation {
  readonly methods: number;
  readonly spearman: number | null;
  readonly kendall: number | null;
}

/** Two metrics that order the methods of one data set, network and backend. */
export interface MetricAgreement extends Scope, Correlation {
  readonly metrics: readonly [string, string];
}

/** Two backends that order the methods of one data set, network and metric. */
export interface BackendAgreement extends Correlation {
  readonly dataset: string;
  readonly model: string;
  readonly metric: string;
  readonly backends: readonly [string, string];
}

/** Controls are left out: they are apart by design, and would make every agreement look better. */
function correlate(a: ScoreTable, b: ScoreTable): Correlation {
  const others = new Map(b.entries.map((entry) => [entry.method, entry]));
  const pairs = a.entries.flatMap(({ method, control, value }) => {
    const other = others.get(method);
    return control || other === undefined ? [] : [[a.metric.direction === 'higher' ? value : -value, b.metric.direction === 'higher' ? other.value : -other.value] as const];
  });
  const [left, right] = [pairs.map(([value]) => value), pairs.map(([, value]) => value)];
  return { methods: pairs.length, spearman: spearman(left, right), kendall: kendall(left, right) };
}

/** The order of the methods by one metric against that by each other one: 1 where both call the same methods better. */
export function metricAgreement(tables: readonly ScoreTable[]): MetricAgreement[] {
  const scopes = groupRows(tables, ({ dataset, model, backend }) => JSON.stringify([dataset, model, backend]));
  return [...scopes.values()].flatMap((group) => group.flatMap((a, i) => group.slice(i + 1).map((b): MetricAgreement => {
    const { dataset, model, backend } = a;
    return { dataset, model, backend, metrics: [a.metric.name, b.metric.name], ...correlate(a, b) };
  })));
}

/** The order of the methods on one backend against that on each other one. */
export function backendAgreement(tables: readonly ScoreTable[]): BackendAgreement[] {
  const scopes = groupRows(tables, ({ dataset, model, metric }) => JSON.stringify([dataset, model, metric.name]));
  return [...scopes.values()].flatMap((group) => group.flatMap((a, i) => group.slice(i + 1).map((b): BackendAgreement => {
    const { dataset, model, metric } = a;
    return { dataset, model, metric: metric.name, backends: [a.backend, b.backend], ...correlate(a, b) };
  })));
}

/** How far the maps of a method are apart on two backends. */
export interface MapDistance {
  readonly dataset: string;
  readonly model: string;
  readonly method: string;
  readonly backends: readonly [string, string];
  /** Mean over samples, and the largest: relative L2. */
  readonly mean: number;
  readonly largest: number | null;
}

/** The rows that compare the maps of backends, farthest first. */
export function mapDistances(rows: readonly ResultRow[]): MapDistance[] {
  return rows.filter(({ metric, status }) => metric === 'agreement' && status === 'ok').map(({ dataset, model, method, backend, value, scores }): MapDistance => {
    const [first = backend, second = backend] = backend.split('~');
    const present = (scores ?? []).filter((score) => score !== null);
    return { dataset, model, method, backends: [first, second], mean: value ?? NaN, largest: present.length === 0 ? null : Math.max(...present) };
  }).sort((a, b) => b.mean - a.mean);
}
