import { PellucidError } from '../errors/pellucid-error.ts';
import { formatShape, type Tensor } from '../tensor/tensor.ts';
import { validateBatch } from '../tensor/validate.ts';
import { findLayer } from './find-layer.ts';
import type { LayerInfo, ModelAdapter } from './model-adapter.ts';
import type { Intervention } from './query.ts';

type Layered = Pick<ModelAdapter<never>, 'name' | 'layers'>;

/** The layer of this name, if values [count, ...] have its shape. @throws LAYER_NOT_FOUND, LAYER_AMBIGUOUS, SHAPE_MISMATCH or INPUT_NOT_FINITE. */
export function validateLayerValues(name: string, values: Tensor, count: number, model: Layered, role: string): LayerInfo {
  const layer = findLayer(model, name);
  const what = `${role} layer \`${layer.name}\``;
  validateBatch(values, { name: layer.name, shape: layer.shape ?? values.shape, layout: layer.layout }, what);
  if (values.shape[0] === count) return layer;
  throw new PellucidError('SHAPE_MISMATCH', {
    what,
    expected: formatShape([count, ...values.shape.slice(1)]),
    actual: formatShape(values.shape),
    help: 'Give values for every sample of the input.',
  });
}

/**
 * Checks that given values fit a layer and a batch of `count` samples, for backends.
 * @throws LAYER_NOT_FOUND, LAYER_AMBIGUOUS, SHAPE_MISMATCH or INPUT_NOT_FINITE.
 */
export function validateIntervention({ layer, values }: Intervention, count: number, model: Layered): LayerInfo {
  return validateLayerValues(layer, values, count, model, 'values given for');
}
