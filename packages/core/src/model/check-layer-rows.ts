import { PellucidError } from '../errors/pellucid-error.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Makes sure that a layer's values hold one row per sample. @throws LAYER_UNSUITABLE where there are several, such as windows of an image. */
export function checkLayerRows({ shape }: Tensor, samples: number, layer: string, model: string, method: string): void {
  if (shape[0] === samples) return;
  throw new PellucidError('LAYER_UNSUITABLE', {
    layer,
    model,
    method,
    problem: `it has ${shape[0]} rows for ${samples} sample${samples === 1 ? '' : 's'}`,
    help: 'Name a layer that holds one image, or one list of tokens, per sample.',
  });
}
