import type { Comparison, Group, Plan } from '../plan/plan.ts';
import { referenceUnit, wantedReferences } from '../plan/work-units.ts';
import type { Failure } from '../store/result-row.ts';
import { asFailure } from '../worker/failure.ts';
import type { ModelFiles } from '../worker/protocol.ts';
import { compareMaps, readMaps } from './agreement.ts';
import { mapsFile } from './group-task.ts';
import { recordScores, scoreGroup, type MapsEnd, type Scoring } from './score-group.ts';

/** A network of the run, or why there is none. */
export type Network = { readonly files: ModelFiles } | { readonly failure: Failure };

/** Scores how well the maps of two backends agree, from their files. */
function scoreAgreement(scoring: Scoring, { cell, groups }: Comparison, ends: readonly MapsEnd[]): void {
  const { recorder, out } = scoring;
  const end = ends.find((entry) => entry !== null);
  if (end !== undefined && end !== null) {
    if ('reason' in end) recorder.notApplicable(cell, end.reason);
    else recorder.failed(cell, null, end.failure);
    return;
  }
  try {
    const [left, right] = groups.map((group) => readMaps(mapsFile(out, group)));
    if (!left || !right) throw new Error(`The maps of \`${groups[left ? 1 : 0].backend}\` are gone.`);
    recordScores(scoring, cell, compareMaps(left, right));
  } catch (error) {
    recorder.failed(cell, null, asFailure(error));
  }
}

/**
 * Trains on whole images before all else: every retraining is compared with such a network, and what it takes tells how long the others will.
 */
function trainReferences({ retrainer, recorder }: Scoring, groups: readonly Group[]): void {
  if (retrainer === null) return;
  for (const reference of wantedReferences(groups, recorder.isDone)) {
    // It never rejects; whoever waits for it sees a failure.
    void retrainer.retrain(reference.data, null, reference.seed).then((result) => {
      recorder.spent(referenceUnit(reference), 'failure' in result ? null : result.seconds);
    });
  }
}

/** Scores every cell of a plan that is not done yet; failures become rows. */
export async function scoreMatrix(scoring: Scoring, { groups, comparisons }: Plan, networkOf: (group: Group) => Network): Promise<void> {
  const { recorder } = scoring;
  const pending = comparisons.filter(({ cell }) => !recorder.isDone(cell));
  const compared = new Set(pending.flatMap((comparison) => comparison.groups));
  trainReferences(scoring, groups);
  const ends = new Map<Group, Promise<MapsEnd>>();
  for (const group of groups) {
    const network = networkOf(group);
    if ('files' in network) {
      ends.set(group, scoreGroup(scoring, group, network.files, compared.has(group)));
      continue;
    }
    for (const { cell } of [...group.scored, ...group.pruned, ...group.retrained]) if (!recorder.isDone(cell)) recorder.failed(cell, null, network.failure);
    ends.set(group, Promise.resolve(network));
  }
  await Promise.all([
    ...ends.values(),
    ...pending.map(async (comparison) => {
      scoreAgreement(scoring, comparison, await Promise.all(comparison.groups.map((group) => ends.get(group) ?? null)));
    }),
  ]);
}
