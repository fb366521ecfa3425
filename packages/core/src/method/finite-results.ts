import { PellucidError } from '../errors/pellucid-error.ts';
import { batchSize, sampleData } from '../tensor/batch.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { isAllFinite } from '../tensor/validate.ts';

/** The samples of a batch that hold NaN or an infinite value. */
function notFinite(batch: Tensor): readonly number[] {
  if (isAllFinite(batch.data)) return [];
  return Array.from({ length: batchSize(batch) }, (_, sample) => sample).filter((sample) => !isAllFinite(sampleData(batch, sample)));
}

/** Scores that are not finite rank no class. @throws REQUEST_INVALID. */
export function checkScores(model: string, logits: Tensor): void {
  const [sample] = notFinite(logits);
  if (sample === undefined) return;
  throw new PellucidError('REQUEST_INVALID', {
    action: `predict the class of sample ${sample} with \`${model}\``,
    problem: 'its scores are not all finite numbers',
    help: 'Check the weights of the model and the range of its input; 16-bit models overflow above 65,504.',
  });
}

/** What is to be noted of maps that hold values that are no finite numbers. */
export function noteNotFinite(values: Tensor): readonly string[] {
  const samples = notFinite(values);
  return samples.length === 0 ? [] : [`values that are not finite in the map of sample ${samples.join(', ')}: the model computes such values on the way`];
}
