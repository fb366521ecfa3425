import type { WorkUnit } from '../progress/workload.ts';
import { cellId, type CellKey } from '../store/result-row.ts';
import type { Group, Plan } from './plan.ts';

/** The name of what a group does before its cells: maps of a set of samples, or the ranking of pixels. */
export function stageUnit({ data, model, method, backend, seed }: Group, stage: string): string {
  return JSON.stringify(['stage', stage, data.name, model, method.name, backend, seed]);
}

/** The name of the training on whole images that prunings are compared with. */
export function referenceUnit({ data, seed }: Pick<Group, 'data' | 'seed'>): string {
  return JSON.stringify(['reference', data.name, seed]);
}

/** The pieces of work of the cells that are not done yet, with what their time depends on. */
export function workUnits({ groups }: Plan, isDone: (cell: CellKey) => boolean): WorkUnit[] {
  const prunings = groups.filter(({ pruned }) => pruned.some(({ cell }) => !isDone(cell)));
  const references = new Map(prunings.map((group) => [referenceUnit(group), { id: referenceUnit(group), factors: [`retrain ${group.data.name}`] }]));
  return [...references.values(), ...groups.flatMap((group) => {
    const { data, model, method, backend } = group;
    const place = (kind: string): string[] => [kind, `${kind} ${data.name} ${model}`, `${kind} ${backend}`];
    const explaining = (what: string): string[] => [...place('explain'), `explain ${method.name}`, `explain ${what}`];
    const scored = group.scored.filter(({ cell }) => !isDone(cell));
    const pruned = group.pruned.filter(({ cell }) => !isDone(cell));
    const sets = [...new Set(scored.map(({ metric }) => metric.on))];
    return [
      ...[...sets.map((set) => `maps of ${set}`), ...(pruned.length > 0 ? ['ranking'] : [])].map((stage) => ({ id: stageUnit(group, stage), factors: explaining(stage) })),
      ...scored.map(({ cell, metric: { name, needs } }) => ({
        id: cellId(cell),
        // A metric that asks for fresh maps takes its time from the method.
        factors: needs.includes('explanation') ? explaining(name) : [...place('score'), `score ${name}`],
      })),
      ...pruned.map(({ cell }) => ({ id: cellId(cell), factors: [`retrain ${data.name}`] })),
    ];
  })];
}
