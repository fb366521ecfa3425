import {
  batchSize, sampleData, strongestRival, zeros, type MethodBatch, type ModelAdapter, type Objective, type Tensor,
} from '@pellucid/core';
import { probabilityMultipliers } from './probability.ts';

/** What is explained of pairs of a sample and its baseline. */
export interface PairObjective {
  /** Where the multipliers start: it has the same derivative at a sample and its baseline. */
  readonly start: Objective;
  /** The score whose change the map adds up to. */
  readonly measured: Objective;
}

/** Finds where to start. All but logits ask for the logits of the samples first: a margin for its rival, probabilities for their change. */
export async function pairObjective(model: ModelAdapter<'gradient'>, { input, objective }: MethodBatch, baseline: Tensor): Promise<PairObjective> {
  switch (objective.kind) {
    case 'margin': {
      const { logits } = await model.evaluate({ input });
      const against = objective.against ?? objective.targets.map((target, sample) => strongestRival(sampleData(logits, sample), target));
      const fixed: Objective = { kind: 'margin', targets: objective.targets, against };
      return { start: fixed, measured: fixed };
    }
    case 'probability':
    case 'log-probability': {
      const { logits } = await model.evaluate({ input });
      const { logits: there } = await model.evaluate({ input: baseline });
      const cotangent = zeros([batchSize(input), model.classes]);
      for (const [sample, target] of objective.targets.entries()) {
        sampleData(cotangent, sample).set(probabilityMultipliers(objective.kind, target, sampleData(logits, sample), sampleData(there, sample)));
      }
      return { start: { kind: 'cotangent', cotangent }, measured: objective };
    }
    default:
      return { start: objective, measured: objective };
  }
}
