import { axes, findLayer, isSpatial, lastSpatialLayer, PellucidError, type Layout, type ModelAdapter } from '@pellucid/core';

/** A place whose values are read: a layer, or the image itself. */
export interface Tap {
  readonly name: string;
  readonly layout: Layout;
  readonly isInput: boolean;
}

type Described = Pick<ModelAdapter<never>, 'name' | 'input' | 'layers'>;
type Size = readonly [height: number, width: number];
type Place = Pick<ModelAdapter<never>['input'], 'name' | 'layout'> & { readonly shape: readonly (number | null)[] | null };

/** Height and width of a place that holds an image; undefined for any other, and where they are free. */
function sizeOf({ layout, shape }: Place): Size | undefined {
  const [height, width] = axes({ layout }).spatial.map((axis) => shape?.[axis]);
  return isSpatial(layout) && typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}

function inputTap({ input: { name, layout } }: Described): Tap {
  return { name, layout, isInput: true };
}

function namedTap(model: Described, name: string): Tap {
  if (name === model.input.name && isSpatial(model.input.layout)) return inputTap(model);
  const layer = findLayer(model, name);
  if (isSpatial(layer.layout)) return { name: layer.name, layout: layer.layout, isInput: false };
  throw new PellucidError('LAYER_UNSUITABLE', {
    layer: name, model: model.name, method: 'prism', problem: `its layout is ${layer.layout}`, help: 'Name layers with height and width.',
  });
}

const sameSize = (a: Size, b: Size): boolean => a[0] === b[0] && a[1] === b[1];
/** A stride of 2 or more; a convolution that loses its border only makes less of a difference. */
const isReduced = (from: Size, to: Size): boolean =>
  to[0] <= from[0] && to[1] <= from[1] && (to[0] <= Math.ceil(from[0] / 2) || to[1] <= Math.ceil(from[1] / 2)) && !sameSize(from, to);

/**
 * The taps of a network by the sizes of its layers: what the first spatial reduction reads, what each reduction gives, and in the place of
 * the last of them the last layer of that size. A reduction is the first layer at a size of at most half of the one before: which branch
 * of a block runs last decides nothing.
 */
function findTaps(model: Described): readonly Tap[] {
  const last = lastSpatialLayer(model, 'prism');
  const end = sizeOf(last);
  const start = sizeOf(model.input);
  if (end === undefined || start === undefined) {
    throw new PellucidError('LAYER_UNSUITABLE', {
      layer: last.name, model: model.name, method: 'prism', problem: 'the sizes of the layers are free, so that spatial reductions cannot be found',
      help: 'Name the layers with the option `layers`.',
    });
  }
  let current = start;
  let before = inputTap(model);
  const found: { readonly tap: Tap; readonly size: Size }[] = [];
  for (const layer of model.layers) {
    const size = sizeOf(layer);
    if (size === undefined || size[0] * size[1] === 1 || size[0] > current[0] || size[1] > current[1]) continue;
    const tap: Tap = { name: layer.name, layout: layer.layout, isInput: false };
    if (isReduced(current, size)) {
      if (found.length === 0) found.push({ tap: before, size: current });
      found.push({ tap, size });
    }
    current = size;
    before = tap;
  }
  const larger = found.filter(({ size }) => size[0] >= end[0] && size[1] >= end[1] && !sameSize(size, end));
  return [...larger.map(({ tap }) => tap), { name: last.name, layout: last.layout, isInput: false }];
}

/**
 * The taps in the order of execution: as named, or found.
 * @throws LAYER_NOT_FOUND, LAYER_AMBIGUOUS, LAYER_UNSUITABLE.
 */
export function chooseTaps(model: Described, layers: readonly string[] | undefined): readonly Tap[] {
  return layers === undefined ? findTaps(model) : layers.map((name) => namedTap(model, name));
}
