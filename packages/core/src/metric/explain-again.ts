import { explain } from '../method/explain.ts';
import type { SampleMethod } from '../method/method.ts';
import type { ModelAdapter } from '../model/model-adapter.ts';
import type { TargetObjective } from '../model/objective.ts';
import type { Capability } from '../model/query.ts';
import type { FreshExplanation } from './metric.ts';

/** How the maps that are scored were made. */
export interface ExplainAgainSettings {
  /** @defaultValue 0 */
  readonly seed?: number | undefined;
  /** @defaultValue 'logit' */
  readonly objective?: TargetObjective | undefined;
}

/**
 * Lets metrics ask for maps of other inputs, other classes and other models, by one method.
 * @throws (the result) CAPABILITY_MISSING where another model lacks what the method needs, and all that `explain` throws.
 */
export function explainAgain<Needs extends Capability>(
  model: ModelAdapter<NoInfer<Needs>>, method: SampleMethod<Needs>, settings: ExplainAgainSettings = {},
): FreshExplanation {
  return async ({ input, targets, model: other, signal, memoryBudget }) => {
    // `explain` compares what the method needs with what the other model offers.
    const explained = (other as unknown as ModelAdapter<Needs> | undefined) ?? model;
    const { values, provenance } = await explain(explained, method, { ...settings, input, targets, signal, memoryBudget });
    return { values, layout: provenance.layout };
  };
}
