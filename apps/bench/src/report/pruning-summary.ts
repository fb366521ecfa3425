import { mean } from 'simple-statistics';
import { publishedFigure } from '../prune/published-figures.ts';
import { meanInterval } from '../statistics/mean-interval.ts';
import type { PruningRow } from '../store/result-row.ts';
import type { RunRecord, TrainedRecord } from '../store/run-record.ts';

/** Pruning by one ranking to one share of pixels, over seeds. */
export interface PruningSummary {
  readonly dataset: string;
  readonly network: string;
  readonly ranking: string;
  /** What stays, or goes: `keep 10 %`. */
  readonly share: string;
  readonly seeds: number;
  /** Means over seeds, in percent. */
  readonly reference: number;
  readonly accuracy: number;
  /** Mean drop in points. */
  readonly drop: number;
  /** 95 % interval of the mean over seeds by Student's t; null for a single seed. */
  readonly ci95: readonly [number, number] | null;
  /** The drop that is published for the same experiment. */
  readonly published: number | null;
}

function summarise(group: readonly PruningRow[]): PruningSummary {
  const row = group[0]!;
  const { dataset, network, ranking, direction, fraction } = row;
  const drops = group.map(({ drop }) => drop);
  return {
    dataset, network, ranking, share: `${direction} ${fraction} %`, seeds: group.length,
    reference: mean(group.map(({ referenceAccuracy }) => referenceAccuracy)), accuracy: mean(group.map(({ accuracy }) => accuracy)),
    drop: mean(drops), ci95: meanInterval(drops), published: publishedFigure(row)?.drop ?? null,
  };
}

/** Joins the rows of all seeds: network by network, ranking by ranking, what stays before what goes, largest share first. */
export function summarisePruning(rows: readonly PruningRow[]): PruningSummary[] {
  const subject = ({ dataset, network }: PruningRow): string => JSON.stringify([dataset, network]);
  const subjects = [...new Set(rows.map(subject))].sort();
  const rankings = [...new Set(rows.map(({ ranking }) => ranking))];
  const order = [...rows].sort((a, b) =>
    subjects.indexOf(subject(a)) - subjects.indexOf(subject(b)) || rankings.indexOf(a.ranking) - rankings.indexOf(b.ranking)
    || a.direction.localeCompare(b.direction) || b.fraction - a.fraction);
  const groups = new Map<string, PruningRow[]>();
  for (const row of order) {
    const key = JSON.stringify([row.dataset, row.network, row.ranking, row.direction, row.fraction]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map(summarise);
}

/** A table of pruning in any format: the heads of its columns, and its lines. */
export function pruningLines(rows: readonly PruningRow[]): { readonly head: readonly string[]; readonly lines: readonly (readonly string[])[] } {
  const summaries = summarisePruning(rows);
  const compares = summaries.some(({ published }) => published !== null);
  return {
    head: ['data', 'network', 'ranking', 'pixels', 'seeds', 'accuracy', 'on pruned', 'drop, points ↓', ...(compares ? ['published drop'] : [])],
    lines: summaries.map(({ dataset, network, ranking, share, seeds, reference, accuracy, drop, ci95, published }) => [
      dataset, network, ranking, share, String(seeds), reference.toFixed(2), accuracy.toFixed(2),
      `${drop.toFixed(2)}${ci95 === null ? '' : ` [${ci95.map((bound) => bound.toFixed(2)).join(', ')}]`}`, ...(compares ? [published?.toFixed(2) ?? ''] : []),
    ]),
  };
}

/** How a network was trained, and on what. */
export function describeTraining({ trainImages, testImages, recipe: { width, epochs, batchSize, learningRate } }: Pick<TrainedRecord, 'trainImages' | 'testImages' | 'recipe'>): string {
  return `width ${width}, ${epochs} epochs, batches of ${batchSize}, learning rate ${learningRate}; ${trainImages} training and ${testImages} test images`;
}

/** What the numbers of `prune` were made with, and which data sets of the published table are missing. */
export function pruningNotes({ trained, command, ...record }: RunRecord): readonly string[] {
  const networks = trained.map(({ dataset, network, ...training }) => `${network} on ${dataset}: ${describeTraining(training)}`);
  const absent = command === 'prune' && 'absent' in record.configuration ? record.configuration.absent : [];
  return [...new Set(networks), ...absent.map(({ dataset, reason }) => `without ${dataset}: ${reason}`)];
}
