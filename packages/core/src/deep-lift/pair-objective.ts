import { strongestRival, type Objective } from '../model/objective.ts';
import { sampleData } from '../tensor/batch.ts';
import { zeros, type Tensor } from '../tensor/tensor.ts';
import { probabilityMultipliers } from './probability.ts';

/** What is explained of pairs of a sample and its baseline. */
export interface PairObjective {
  /** Where the multipliers start: it has the same derivative at a sample and its baseline. */
  readonly start: Objective;
  /** The score whose change the map adds up to. */
  readonly measured: Objective;
}

/** The logits of the samples, or of their baselines, [N, classes]. */
type Logits = () => Promise<Tensor>;

/**
 * Finds where to start. All but logits ask for the logits first: a margin for those of the samples, which decide its rival, probabilities for both,
 * whose change they share out.
 */
export async function pairObjective(objective: Objective, here: Logits, there: Logits): Promise<PairObjective> {
  switch (objective.kind) {
    case 'margin': {
      if (objective.against !== undefined) return { start: objective, measured: objective };
      const logits = await here();
      const against = objective.targets.map((target, sample) => strongestRival(sampleData(logits, sample), target));
      const fixed: Objective = { kind: 'margin', targets: objective.targets, against };
      return { start: fixed, measured: fixed };
    }
    case 'probability':
    case 'log-probability': {
      const [logits, baselines] = [await here(), await there()];
      const cotangent = zeros(logits.shape);
      for (const [sample, target] of objective.targets.entries()) {
        sampleData(cotangent, sample).set(probabilityMultipliers(objective.kind, target, sampleData(logits, sample), sampleData(baselines, sample)));
      }
      return { start: { kind: 'cotangent', cotangent }, measured: objective };
    }
    default:
      return { start: objective, measured: objective };
  }
}
