import type { Layout, Tensor } from '@pellucid/core';
import { normaliseMap, type NormaliseOptions } from '../map/normalise.ts';
import { assertSameSize, type Pixels } from '../pixels.ts';

/** Which values keep the image visible. */
export interface MaskedImageOptions extends NormaliseOptions {
  /** @defaultValue 'positive' */
  readonly sign?: 'positive' | 'negative' | 'absolute' | undefined;
}

/**
 * The image, darkened where the map is small: every colour times the normalised value, as Captum's `masked_image`.
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, REQUEST_INVALID, OPTION_INVALID
 */
export function maskedImage(image: Pixels, values: Tensor, layout: Layout, sample: number, options: MaskedImageOptions = {}): Pixels {
  const map = normaliseMap(values, layout, sample, { ...options, sign: options.sign ?? 'positive' });
  assertSameSize(image, map, 'attribution map');
  const data = image.data.map((value, i) => (i % 4 === 3 ? 255 : value * map.values[(i - (i % 4)) / 4]!));
  return { width: image.width, height: image.height, data };
}
