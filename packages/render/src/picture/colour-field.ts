import { imageGeometry, PellucidError, type Layout, type Tensor } from '@pellucid/core';
import type { Pixels } from '../pixels.ts';
import { imagePixels, type ImagePixelsOptions } from './image-pixels.ts';

/**
 * One sample of a map of three channels, such as PRISM's, as red, green and blue: places of one colour look alike to the network. By default the
 * lowest and highest values of the whole batch become 0 and 255, so that colours compare between its samples.
 * @throws SHAPE_MISMATCH for other numbers of channels; INPUT_NOT_FINITE, REQUEST_INVALID
 */
export function colourField(values: Tensor, layout: Layout, sample: number, options: ImagePixelsOptions = {}): Pixels {
  const { channels } = imageGeometry(values.shape, layout);
  if (channels !== 3) {
    const help = 'Show maps with other numbers of channels with `heatMap`.';
    throw new PellucidError('SHAPE_MISMATCH', { what: 'colour field', expected: '3 channels', actual: `${channels} channels`, help });
  }
  const min = options.min ?? values.data.reduce((a, b) => Math.min(a, b), Infinity);
  const max = options.max ?? values.data.reduce((a, b) => Math.max(a, b), -Infinity);
  return imagePixels(values, layout, sample, { min, max });
}
