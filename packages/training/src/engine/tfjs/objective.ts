import { argmax, sampleData, strongestRival, type Objective } from '@pellucid/core';
import type * as Core from '@tensorflow/tfjs-core';
import type { TensorFlow } from './forward.ts';

/** One row per sample, 1 at the class. */
function oneHot(tf: TensorFlow, classes: readonly number[], count: number): Core.Tensor2D {
  return tf.oneHot(tf.tensor1d([...classes], 'int32'), count) as Core.Tensor2D;
}

function rivals(logits: Core.Tensor2D, targets: readonly number[]): number[] {
  const batch = { shape: logits.shape, data: logits.dataSync<'float32'>() };
  return targets.map((target, sample) => strongestRival(sampleData(batch, sample), target));
}

/** The sum over the batch of what is differentiated: its derivative holds each sample's own. A cotangent weights values of any shape. */
export function objectiveSum(tf: TensorFlow, objective: Objective, values: Core.Tensor): Core.Scalar {
  if (objective.kind === 'cotangent') return tf.sum(tf.mul(values, tf.tensor(objective.cotangent.data, values.shape)));
  const logits = values as Core.Tensor2D;
  const classes = logits.shape[1];
  const selected = (scores: Core.Tensor, targets: readonly number[]): Core.Scalar => tf.sum(tf.mul(scores, oneHot(tf, targets, classes)));
  switch (objective.kind) {
    case 'sum-of-logits':
      return tf.sum(logits);
    case 'logit':
      return selected(logits, objective.targets);
    case 'probability':
      return selected(tf.softmax(logits), objective.targets);
    case 'log-probability':
      return selected(tf.logSoftmax(logits), objective.targets);
    case 'margin': {
      const against = objective.against ?? rivals(logits, objective.targets);
      return tf.sub(selected(logits, objective.targets), selected(logits, against));
    }
  }
}

/** How many samples have their highest logit at their label. */
export function countCorrect(logits: Core.Tensor2D, labels: ArrayLike<number>): number {
  const batch = { shape: logits.shape, data: logits.dataSync<'float32'>() };
  let correct = 0;
  for (let sample = 0; sample < labels.length; sample++) if (argmax(sampleData(batch, sample)) === labels[sample]) correct++;
  return correct;
}
