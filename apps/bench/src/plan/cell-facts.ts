import { cellId, type CellFacts, type CellKey } from '../store/result-row.ts';
import type { Network } from '../run/score-matrix.ts';
import type { Keys } from './keys.ts';
import type { Group, Plan } from './plan.ts';

/** What belongs to the cells of a plan beside their names. */
export interface PlannedFacts {
  readonly factsOf: (cell: CellKey) => CellFacts;
  /** The content hash of a cell; undefined for cells that the plan does not have, null where there is no network. */
  readonly keyOf: (cell: CellKey) => string | null | undefined;
}

/** Computes the content hash of every cell of a plan. */
export function cellFacts({ groups, comparisons }: Plan, keys: Keys, networkOf: (group: Group) => Network): PlannedFacts {
  const known = new Map<string, CellFacts>();
  const put = (cell: CellKey, group: Group, key: (files: Parameters<Keys['explanation']>[1]) => string): void => {
    const network = networkOf(group);
    known.set(cellId(cell), { key: 'files' in network ? key(network.files) : null, control: group.method.control });
  };
  for (const group of groups) {
    for (const { cell, metric } of group.scored) put(cell, group, (files) => keys.scored(group, files, metric));
    for (const { cell, fraction } of group.pruned) put(cell, group, (files) => keys.pruned(group, files, fraction));
    for (const entry of group.retrained) put(entry.cell, group, (files) => keys.retrained(group, files, entry));
  }
  for (const comparison of comparisons) put(comparison.cell, comparison.groups[0], (files) => keys.compared(comparison, files));
  return {
    factsOf: (cell) => {
      const facts = known.get(cellId(cell));
      if (facts === undefined) throw new Error(`internal: no cell ${cellId(cell)}`);
      return facts;
    },
    keyOf: (cell) => known.get(cellId(cell))?.key,
  };
}
