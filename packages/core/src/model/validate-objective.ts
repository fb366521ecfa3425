import { PellucidError } from '../errors/pellucid-error.ts';
import { formatShape, sizeOf } from '../tensor/tensor.ts';
import type { ModelAdapter } from './model-adapter.ts';
import type { Objective } from './objective.ts';

type Scores = Pick<ModelAdapter<never>, 'name' | 'classes'>;

const KINDS: readonly string[] = ['cotangent', 'log-probability', 'logit', 'margin', 'probability', 'sum-of-logits'] satisfies readonly Objective['kind'][];

function validateIndices(indices: readonly number[], count: number, what: string, { name, classes }: Scores): void {
  if (indices.length !== count) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `differentiate \`${name}\``,
      problem: `there are ${indices.length} ${what} for ${count} samples`,
      help: 'Give one class index per sample.',
    });
  }
  const sample = indices.findIndex((index) => !Number.isInteger(index) || index < 0 || index >= classes);
  if (sample < 0) return;
  throw new PellucidError('TARGET_OUT_OF_RANGE', { target: indices[sample]!, sample, model: name, classes, last: classes - 1 });
}

/**
 * Checks that an objective fits a model and a batch of `count` samples, for `explain` and for backends.
 * @throws REQUEST_INVALID, TARGET_OUT_OF_RANGE or SHAPE_MISMATCH.
 */
export function validateObjective(objective: Objective, count: number, model: Scores): void {
  if (!KINDS.includes(objective.kind)) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `differentiate \`${model.name}\``, problem: `there is no objective \`${String(objective.kind)}\``, help: `There are ${KINDS.join(', ')}.`,
    });
  }
  if (objective.kind === 'sum-of-logits') return;
  if (objective.kind === 'cotangent') {
    const { shape, data } = objective.cotangent;
    const values = count * model.classes;
    if (shape[0] === count && sizeOf(shape) === values && data.length === values) return;
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'cotangent',
      expected: formatShape([count, model.classes]),
      actual: formatShape(shape),
      help: 'It weights every logit of every sample.',
    });
  }
  validateIndices(objective.targets, count, 'targets', model);
  if (objective.kind === 'margin' && objective.against !== undefined) validateIndices(objective.against, count, 'classes to compare with', model);
  else if (model.classes < 2 && objective.kind !== 'logit') {
    throw new PellucidError('REQUEST_INVALID', {
      action: `take the ${objective.kind} of \`${model.name}\``,
      problem: objective.kind === 'margin' ? 'its single score has no rival' : 'a softmax over its single score is 1 whatever the input',
      help: 'Explain the logit instead.',
    });
  }
}
