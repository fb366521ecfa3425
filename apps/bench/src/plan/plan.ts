import type { BackendName, MethodChoice, RunConfiguration } from '../configuration/configuration.ts';
import type { CellKey } from '../store/result-row.ts';

/** The cells that one explain task serves: one method for one network on one backend with one seed. */
export interface Group {
  readonly model: string;
  readonly method: MethodChoice;
  readonly backend: BackendName;
  readonly seed: number;
  /** Cells of deletion and insertion, scored from maps of test images. */
  readonly scored: readonly CellKey[];
  /** Cells of pruning, with the share of pixels of each. */
  readonly pruned: readonly { readonly cell: CellKey; readonly fraction: number }[];
}

/** The maps of one method on two backends, to be compared. */
export interface Comparison {
  readonly cell: CellKey;
  readonly model: string;
  readonly method: MethodChoice;
  readonly seed: number;
  readonly backends: readonly [BackendName, BackendName];
}

/** Everything that a run has to do. */
export interface Plan {
  readonly groups: readonly Group[];
  readonly comparisons: readonly Comparison[];
}

/** The metric name of pruning to a share of pixels, in percent. */
export const pruningMetric = (fraction: number): string => `pruning-${fraction}`;

/** The cells of a plan, in the order of the groups. */
export function cellsOf({ groups, comparisons }: Plan): CellKey[] {
  return [...groups.flatMap(({ scored, pruned }) => [...scored, ...pruned.map(({ cell }) => cell)]), ...comparisons.map(({ cell }) => cell)];
}

/**
 * Every method x backend x metric, for each network and seed; every backend is compared with the first. Controls are compared with nothing:
 * every backend gets the same map.
 */
export function planRun({ data, models, methods, backends, metrics, seeds, pruning }: RunConfiguration): Plan {
  const [first, ...others] = backends;
  const units = models.flatMap((model) =>
    Array.from({ length: seeds }, (_, seed) => methods.map((method) => ({ model, seed, method }))).flat(),
  );
  const groups = units.flatMap(({ model, seed, method }) =>
    backends.map((backend): Group => {
      const cell = (metric: string): CellKey => ({ dataset: data.name, model, method: method.name, backend, metric, seed });
      return {
        model,
        method,
        backend,
        seed,
        scored: metrics.filter((metric) => metric === 'deletion' || metric === 'insertion').map(cell),
        pruned: metrics.includes('pruning') ? pruning.fractions.map((fraction) => ({ cell: cell(pruningMetric(fraction)), fraction })) : [],
      };
    }),
  );
  if (first === undefined || !metrics.includes('agreement')) return { groups, comparisons: [] };
  const comparisons = units
    .filter(({ method }) => !method.control)
    .flatMap(({ model, seed, method }) =>
      others.map((other): Comparison => ({
        cell: { dataset: data.name, model, method: method.name, backend: `${first}~${other}`, metric: 'agreement', seed },
        model,
        method,
        seed,
        backends: [first, other],
      })),
    );
  return { groups, comparisons };
}
