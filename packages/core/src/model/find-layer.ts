import { suggestNames } from '../errors/nearest-names.ts';
import { PellucidError } from '../errors/pellucid-error.ts';
import { axes } from '../tensor/layout.ts';
import type { LayerInfo, ModelAdapter } from './model-adapter.ts';

type Layered = Pick<ModelAdapter<never>, 'name' | 'layers'>;

/**
 * Finds a layer by the name of its output tensor, or else of its node or module; `last`, where no layer is called so, is the last one with
 * spatial axes before they are pooled away.
 * @throws LAYER_NOT_FOUND with the nearest names; LAYER_AMBIGUOUS with all that it could mean.
 */
export function findLayer(model: Layered, name: string): LayerInfo {
  const exact = model.layers.find((layer) => layer.name === name);
  if (exact !== undefined) return exact;
  const [match, ...others] = model.layers.filter((layer) => layer.aliases.includes(name));
  if (match === undefined) {
    const last = name === 'last' ? deepestSpatialLayer(model) : undefined;
    if (last !== undefined) return last;
    const known = model.layers.flatMap((layer) => [layer.name, ...layer.aliases]);
    throw new PellucidError('LAYER_NOT_FOUND', { layer: name, model: model.name, help: suggestNames(name, [...new Set(known)]) });
  }
  if (others.length > 0) {
    const candidates = [match, ...others].map((layer) => `\`${layer.name}\``).join(', ');
    throw new PellucidError('LAYER_AMBIGUOUS', { layer: name, model: model.name, candidates });
  }
  return match;
}

const hasExtent = (layer: LayerInfo): boolean =>
  layer.shape !== null && axes(layer).spatial.length >= 2 && axes(layer).spatial.every((axis) => (layer.shape?.[axis] ?? 2) > 1);

/** The last layer with spatial axes before they are pooled away, if there is one. */
export function deepestSpatialLayer({ layers }: Pick<Layered, 'layers'>): LayerInfo | undefined {
  return layers.findLast(hasExtent);
}

/**
 * The layer that class activation maps use unless told otherwise: the last one with spatial axes before they are pooled away.
 * @throws LAYER_UNSUITABLE when the model has none.
 */
export function lastSpatialLayer(model: Layered, method: string): LayerInfo {
  const layer = deepestSpatialLayer(model);
  if (layer === undefined) {
    throw new PellucidError('LAYER_UNSUITABLE', {
      layer: 'last',
      model: model.name,
      method,
      problem: 'no layer has a height and a width above 1, and none was named',
      help: 'Name one with the option `layer`; class activation maps need a convolutional model, or tokens of an image.',
    });
  }
  return layer;
}
