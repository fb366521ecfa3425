import { PellucidError } from '@pellucid/core';
import { assertSameSize, type Pixels } from '../pixels.ts';

/** How strongly a map covers its image. */
export interface OverlayOptions {
  /** 0 shows the image alone, 1 the map alone. @defaultValue 0.6 */
  readonly alpha?: number | undefined;
}

/**
 * Lays a heat map over an image: `image (1 - a) + heat a`, with a the product of `alpha` and the heat map's own opacity. Nothing is
 * rescaled afterwards, so that overlays of several maps compare. The result is opaque.
 * @throws SHAPE_MISMATCH when the sizes differ; OPTION_INVALID
 */
export function overlay(image: Pixels, heat: Pixels, { alpha = 0.6 }: OverlayOptions = {}): Pixels {
  assertSameSize(image, heat, 'heat map');
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new PellucidError('OPTION_INVALID', { option: 'alpha', name: 'overlay', expected: 'a number from 0 to 1', actual: alpha });
  }
  const data = new Uint8ClampedArray(image.data.length);
  for (let i = 0; i < data.length; i += 4) {
    const share = (alpha * heat.data[i + 3]!) / 255;
    for (let channel = i; channel < i + 3; channel++) data[channel] = image.data[channel]! * (1 - share) + heat.data[channel]! * share;
    data[i + 3] = 255;
  }
  return { width: image.width, height: image.height, data };
}
