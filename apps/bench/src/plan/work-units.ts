import type { DataSource } from '../configuration/configuration.ts';
import type { WorkUnit } from '../progress/workload.ts';
import { cellId, type CellKey } from '../store/result-row.ts';
import type { Group, Plan, RetrainedCell } from './plan.ts';

/** The name of what a group does before its cells: maps of a set of samples, or the ranking of pixels. */
export function stageUnit({ data, model, method, backend, seed }: Group, stage: string): string {
  return JSON.stringify(['stage', stage, data.name, model, method.name, backend, seed]);
}

/** The name of a training on whole images, with which others are compared. */
export function referenceUnit({ data, seed }: Reference): string {
  return JSON.stringify(['reference', data.name, seed]);
}

/** The name of one training of a cell of ROAR or KAR. */
export function retrainingUnit({ cell }: RetrainedCell, percent: number, seed: number): string {
  return JSON.stringify(['retraining', cellId(cell), percent, seed]);
}

/** The seeds of the retrainings of a cell: those of two seeds of the run share none. */
export const retrainingSeeds = ({ cell, retrainings }: RetrainedCell): number[] => Array.from({ length: retrainings }, (_, i) => cell.seed * retrainings + i);

/** A network that is trained on whole images. */
export interface Reference {
  readonly data: DataSource;
  readonly seed: number;
}

/** The networks with which the cells that are not done yet compare theirs, each once. */
export function wantedReferences(groups: readonly Group[], isDone: (cell: CellKey) => boolean): Reference[] {
  const wanted = groups.flatMap(({ data, pruned, retrained }): Reference[] => [
    ...pruned.filter(({ cell }) => !isDone(cell)).map(({ cell: { seed } }) => ({ data, seed })),
    ...retrained.filter(({ cell }) => !isDone(cell)).flatMap((entry) => retrainingSeeds(entry).map((seed) => ({ data, seed }))),
  ]);
  return [...new Map(wanted.map((reference) => [referenceUnit(reference), reference])).values()];
}

/** The pieces of work of the cells that are not done yet, with what their time depends on. */
export function workUnits({ groups }: Plan, isDone: (cell: CellKey) => boolean): WorkUnit[] {
  const references = wantedReferences(groups, isDone).map((reference) => ({ id: referenceUnit(reference), factors: [`retrain ${reference.data.name}`] }));
  return [...references, ...groups.flatMap((group) => {
    const { data, model, method, backend } = group;
    const place = (kind: string): string[] => [kind, `${kind} ${data.name} ${model}`, `${kind} ${backend}`];
    const explaining = (what: string): string[] => [...place('explain'), `explain ${method.name}`, `explain ${what}`];
    const scored = group.scored.filter(({ cell }) => !isDone(cell));
    const pruned = group.pruned.filter(({ cell }) => !isDone(cell));
    const retrained = group.retrained.filter(({ cell }) => !isDone(cell));
    const sets = [...new Set(scored.map(({ metric }) => metric.on))];
    return [
      ...[...sets.map((set) => `maps of ${set}`), ...(pruned.length > 0 ? ['ranking'] : []), ...(retrained.length > 0 ? ['ranks'] : [])].map((stage) => ({ id: stageUnit(group, stage), factors: explaining(stage) })),
      ...scored.map(({ cell, metric: { name, needs } }) => ({
        id: cellId(cell),
        // A metric that asks for fresh maps takes its time from the method.
        factors: needs.includes('explanation') ? explaining(name) : [...place('score'), `score ${name}`],
      })),
      ...pruned.map(({ cell }) => ({ id: cellId(cell), factors: [`retrain ${data.name}`] })),
      ...retrained.flatMap((entry) => entry.percents.flatMap((percent) => retrainingSeeds(entry).map((retraining) =>
        ({ id: retrainingUnit(entry, percent, retraining), factors: [`retrain ${data.name}`] })))),
    ];
  })];
}
