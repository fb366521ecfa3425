import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { PruningRow } from '../store/result-row.ts';

/** Pruning by one ranking to one share of pixels, over seeds. */
export interface PruningSummary {
  readonly dataset: string;
  readonly network: string;
  readonly ranking: string;
  readonly fraction: number;
  readonly seeds: number;
  /** Means over seeds, in percent. */
  readonly reference: number;
  readonly accuracy: number;
  /** Mean drop in points, with the standard deviation over seeds where there are several. */
  readonly drop: string;
}

/** Joins the rows of all seeds, largest share first. */
export function summarisePruning(rows: readonly PruningRow[]): PruningSummary[] {
  const groups = new Map<string, PruningRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.dataset, row.network, row.ranking, row.direction, row.fraction]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const summaries = [...groups.values()].map((group): PruningSummary => {
    const { dataset, network, ranking, fraction } = group[0]!;
    const drops = group.map(({ drop }) => drop);
    const spread = drops.length < 2 ? '' : ` ± ${sampleStandardDeviation(drops).toFixed(2)}`;
    return {
      dataset,
      network,
      ranking,
      fraction,
      seeds: group.length,
      reference: mean(group.map(({ referenceAccuracy }) => referenceAccuracy)),
      accuracy: mean(group.map(({ accuracy }) => accuracy)),
      drop: `${mean(drops).toFixed(2)}${spread}`,
    };
  });
  const rankings = [...new Set(rows.map(({ ranking }) => ranking))];
  return summaries.sort((a, b) => rankings.indexOf(a.ranking) - rankings.indexOf(b.ranking) || b.fraction - a.fraction);
}
