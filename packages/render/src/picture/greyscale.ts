import { PellucidError } from '@pellucid/core';
import type { Pixels } from '../pixels.ts';

/** How much is left of a picture that others lie over. */
export interface GreyscaleOptions {
  /** Share of the contrast; what goes makes the picture paler, so that colours stand out on it. @defaultValue 1 */
  readonly contrast?: number | undefined;
}

/**
 * A picture without its colours, as lies under the maps of Captum: the mean of red, green and blue.
 * @throws OPTION_INVALID
 */
export function greyscale({ width, height, data }: Pixels, { contrast = 1 }: GreyscaleOptions = {}): Pixels {
  if (!(contrast >= 0 && contrast <= 1)) {
    throw new PellucidError('OPTION_INVALID', { option: 'contrast', name: 'greyscale', expected: 'a number from 0 to 1', actual: contrast });
  }
  const grey = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i += 4) {
    const level = 255 - contrast * (255 - (data[i]! + data[i + 1]! + data[i + 2]!) / 3);
    grey.fill(level, i, i + 3);
    grey[i + 3] = data[i + 3]!;
  }
  return { width, height, data: grey };
}
