import { PellucidError } from '../errors/pellucid-error.ts';
import type { LayerInfo, ModelAdapter } from './model-adapter.ts';
import type { GradientQuery } from './query.ts';
import { validateLayerValues } from './validate-intervention.ts';
import { validateObjective } from './validate-objective.ts';
import { validateRules } from './validate-rules.ts';

/**
 * Checks that the objective of a gradient fits a batch of `count` samples and what it starts from, for backends: the logits, or the layer
 * that is returned; and that backward rules are rules.
 * @throws REQUEST_INVALID, TARGET_OUT_OF_RANGE, LAYER_NOT_FOUND, LAYER_AMBIGUOUS, SHAPE_MISMATCH or INPUT_NOT_FINITE.
 */
export function validateGradient(
  { of, from, rules }: Pick<GradientQuery, 'of' | 'from' | 'rules'>, count: number, model: Pick<ModelAdapter<never>, 'name' | 'layers' | 'classes'>,
): LayerInfo | undefined {
  if (rules !== undefined) validateRules(rules);
  if (from === undefined) {
    validateObjective(of, count, model);
    return undefined;
  }
  if (of.kind === 'cotangent') return validateLayerValues(from, of.cotangent, count, model, 'cotangent of');
  throw new PellucidError('REQUEST_INVALID', {
    action: `differentiate layer \`${from}\` of \`${model.name}\``,
    problem: `the objective \`${of.kind}\` is one of the logits`,
    help: "Give a cotangent of the layer's shape.",
  });
}
