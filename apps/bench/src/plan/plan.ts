import type { RetrainingCurveOptions } from '@pellucid/metrics';
import type { BackendName, DataSource, MethodChoice, MetricChoice, RunConfiguration } from '../configuration/configuration.ts';
import { OWN_METRICS } from '../plugins/load-metrics.ts';
import type { CellKey } from '../store/result-row.ts';

/** A cell that a map of samples is scored for. */
export interface ScoredCell {
  readonly cell: CellKey;
  readonly metric: MetricChoice;
}

/** A cell of networks that are trained on images without what each image's own map ranks highest, or on nothing else. */
export interface RetrainedCell extends RetrainingCurveOptions {
  readonly cell: CellKey;
  readonly metric: 'roar' | 'kar';
}

/** The cells that share explanations: one method for one network on one backend with one seed. */
export interface Group {
  readonly data: DataSource;
  readonly model: string;
  readonly method: MethodChoice;
  readonly backend: BackendName;
  readonly seed: number;
  /** Cells that are scored from maps of samples or mosaics. */
  readonly scored: readonly ScoredCell[];
  /** Cells of pruning, with the share of pixels of each. */
  readonly pruned: readonly { readonly cell: CellKey; readonly fraction: number }[];
  /** Cells of ROAR and KAR. */
  readonly retrained: readonly RetrainedCell[];
}

/** The maps of one method on two backends, to be compared. */
export interface Comparison {
  readonly cell: CellKey;
  readonly groups: readonly [Group, Group];
}

/**
 * Everything that a run has to do, as a graph: a network serves its groups, the explanations of a group serve its cells and its comparisons, a
 * retraining serves every group that keeps the same pixels.
 */
export interface Plan {
  readonly groups: readonly Group[];
  readonly comparisons: readonly Comparison[];
}

/** The cells of a plan, in the order of the groups. */
export function cellsOf({ groups, comparisons }: Plan): CellKey[] {
  return [...groups.flatMap(({ scored, pruned, retrained }) => [...scored, ...pruned, ...retrained].map(({ cell }) => cell)), ...comparisons.map(({ cell }) => cell)];
}

const OWN: readonly string[] = OWN_METRICS;

function planGroup(data: DataSource, model: string, method: MethodChoice, backend: BackendName, seed: number, metrics: readonly MetricChoice[]): Group {
  const cellOf = (metric: MetricChoice): CellKey => ({ dataset: data.name, model, method: method.name, backend, metric: metric.name, seed });
  return {
    data, model, method, backend, seed,
    scored: metrics.filter(({ metric }) => !OWN.includes(metric)).map((metric) => ({ cell: cellOf(metric), metric })),
    pruned: metrics.filter(({ metric }) => metric === 'pruning').map((metric) => ({ cell: cellOf(metric), fraction: Number(metric.options['fraction']) })),
    retrained: metrics.flatMap((choice): RetrainedCell[] => {
      const { metric, options } = choice;
      if (metric !== 'roar' && metric !== 'kar') return [];
      const { percents, retrainings } = options as unknown as RetrainingCurveOptions;
      return [{ cell: cellOf(choice), metric, percents, retrainings }];
    }),
  };
}

/**
 * Every method x backend x metric, for each data set, network and seed; every backend is compared with the first. Controls are compared with
 * nothing: every backend gets the same map.
 */
export function planRun({ datasets, models, methods, backends, metrics, seeds }: RunConfiguration): Plan {
  const all = Array.from({ length: seeds }, (_, seed) => seed);
  const rows = datasets.flatMap((data) => models.flatMap((model) => all.flatMap((seed) => methods.map((method) =>
    backends.map((backend) => planGroup(data, model, method, backend, seed, metrics))))));
  const agreement = metrics.find(({ metric }) => metric === 'agreement');
  const comparisons = agreement === undefined ? [] : rows.flatMap(([first, ...others]) => others.flatMap((other): Comparison[] => {
    if (first === undefined || first.method.control) return [];
    const { data, model, method, seed } = first;
    const cell = { dataset: data.name, model, method: method.name, backend: `${first.backend}~${other.backend}`, metric: agreement.name, seed };
    return [{ cell, groups: [first, other] }];
  }));
  return { groups: rows.flat(), comparisons };
}
