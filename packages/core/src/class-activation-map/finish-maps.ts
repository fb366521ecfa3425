import { PellucidError } from '../errors/pellucid-error.ts';
import { resample, type Interpolation } from '../image/resample.ts';
import { sampleData } from '../tensor/batch.ts';
import { axes, imageShape, type Layout } from '../tensor/layout.ts';
import { mapValues, zeros, zipWith, type Tensor } from '../tensor/tensor.ts';

/** Height and width in pixels. */
export type MapSize = readonly [height: number, width: number];

/** The maps of a batch of samples from one layer, raw: a value per pixel of the layer. */
export interface RawMaps {
  readonly size: MapSize;
  readonly samples: readonly Float64Array[];
}

function asImages({ size: [height, width], samples }: RawMaps, layout: Layout): Tensor {
  const images = zeros(imageShape(layout, samples.length, 1, height, width));
  samples.forEach((map, sample) => { sampleData(images, sample).set(map); });
  return images;
}

/** Divides a map by its largest absolute value; a map of zeros stays as it is. Signs stay. */
function scaleToUnit(map: Float64Array): Float64Array {
  const largest = map.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest === 0 ? map : map.map((value) => value / largest);
}

function largestSize(layers: readonly RawMaps[]): MapSize {
  return [Math.max(...layers.map(({ size }) => size[0])), Math.max(...layers.map(({ size }) => size[1]))];
}

function resized(images: Tensor, layout: Layout, from: MapSize, to: MapSize, interpolation: Interpolation): Tensor {
  return from[0] === to[0] && from[1] === to[1] ? images : resample(images, layout, to[0], to[1], interpolation);
}

/**
 * Maps of a batch as images of one channel. That of one layer stays as it is, resized where asked for. Those of several layers, whose
 * values have no common unit, are each divided by their largest absolute value, resized, and averaged.
 * @param target - the size that is asked for; without it that of the layer, or the largest of the layers
 */
export function finishMaps(layers: readonly RawMaps[], layout: Layout, target: MapSize | undefined, interpolation: Interpolation): Tensor {
  const [only] = layers;
  const size = target ?? largestSize(layers);
  if (only !== undefined && layers.length === 1) return resized(asImages(only, layout), layout, only.size, size, interpolation);
  return layers
    .map((maps) => resized(asImages({ size: maps.size, samples: maps.samples.map(scaleToUnit) }, layout), layout, maps.size, size, interpolation))
    .map((images) => mapValues(images, (value) => value / layers.length))
    .reduce((sum, images) => zipWith(sum, images, (a, b) => a + b));
}

/** Height and width of a batch of images. @throws SHAPE_MISMATCH where it has none. */
export function sizeOfImages({ shape }: Tensor, layout: Layout): MapSize {
  const [height, width] = axes({ layout }).spatial.map((axis) => shape[axis]!);
  if (height !== undefined && width !== undefined) return [height, width];
  throw new PellucidError('SHAPE_MISMATCH', {
    what: 'input',
    expected: 'a batch of images, NCHW or NHWC',
    actual: `[${shape.join(', ')}] (${layout})`,
    help: 'Maps can be brought to the size of images alone: set `upsample` to false.',
  });
}
