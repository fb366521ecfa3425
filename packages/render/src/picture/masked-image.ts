import { PellucidError, type Layout, type Tensor } from '@pellucid/core';
import { isAroundZero, normaliseMap, type NormalisedMap, type NormaliseOptions, type Sign } from '../map/normalise.ts';
import { assertSameSize, type Pixels } from '../pixels.ts';

/** Which values keep the image visible. */
export interface MaskedImageOptions extends NormaliseOptions {
  /** 'all' goes with `low` alone. @defaultValue 'positive', with `low` 'all' */
  readonly sign?: Sign | undefined;
}

/** The map of a view that shows how much, not in which direction. */
function normaliseFor(view: string, image: Pixels, values: Tensor, layout: Layout, sample: number, options: MaskedImageOptions): NormalisedMap {
  const { low, sign = low === undefined ? 'positive' : 'all' } = options;
  if (isAroundZero({ sign, low })) {
    throw new PellucidError('OPTION_INVALID', { option: 'sign', name: view, expected: 'positive, negative or absolute', actual: 'all' });
  }
  const map = normaliseMap(values, layout, sample, { ...options, sign });
  assertSameSize(image, map, 'attribution map');
  return map;
}

/**
 * The image, darkened where the map is small: every colour times the normalised value, as Captum's `masked_image`.
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, REQUEST_INVALID, OPTION_INVALID
 */
export function maskedImage(image: Pixels, values: Tensor, layout: Layout, sample: number, options: MaskedImageOptions = {}): Pixels {
  const map = normaliseFor('masked-image', image, values, layout, sample, options);
  const data = new Uint8ClampedArray(image.data.length).fill(255);
  for (let pixel = 0; pixel < map.values.length; pixel++) {
    for (let i = pixel * 4; i < pixel * 4 + 3; i++) data[i] = image.data[i]! * map.values[pixel]!;
  }
  return { width: image.width, height: image.height, data };
}

/**
 * The image, transparent where the map is small: its opacity is the normalised value, as Captum's `alpha_scaling`. What it lies on shows through:
 * the white of a page, mostly.
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, REQUEST_INVALID, OPTION_INVALID
 */
export function alphaScaledImage(image: Pixels, values: Tensor, layout: Layout, sample: number, options: MaskedImageOptions = {}): Pixels {
  const map = normaliseFor('alpha-scaling', image, values, layout, sample, options);
  const data = image.data.slice();
  for (let pixel = 0; pixel < map.values.length; pixel++) data[pixel * 4 + 3] = 255 * map.values[pixel]!;
  return { width: image.width, height: image.height, data };
}
