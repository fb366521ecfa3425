import { batchSize, formatShape, imageGeometry, PellucidError, zeros, type LabelledImages } from '@pellucid/core';
import { orderPixels } from '../pixels.ts';
import type { PixelImportance } from './importance.ts';

/** Which pixels of every image stay (1) and which become zero (0), row-major. */
export interface PixelMask {
  readonly height: number;
  readonly width: number;
  readonly kept: Uint8Array;
}

/**
 * The pixels of highest importance: exactly `percent` % of them, rounded to whole pixels, at least one. Equal pixels are taken in
 * row-major order, so that the share is met whatever the ties.
 * @throws OPTION_INVALID unless the percentage is above 0 and at most 100.
 */
export function topPixels({ height, width, values }: PixelImportance, percent: number): PixelMask {
  if (!(percent > 0 && percent <= 100)) {
    throw new PellucidError('OPTION_INVALID', { option: 'percent', name: 'pruning', expected: 'a number above 0, at most 100', actual: percent });
  }
  const kept = new Uint8Array(height * width);
  const count = Math.max(Math.round((kept.length * percent) / 100), 1);
  for (const pixel of orderPixels(values).subarray(0, count)) kept[pixel] = 1;
  return { height, width, kept };
}

/** The pixels that a mask leaves out: what is left when the most important ones go. */
export function complement({ height, width, kept }: PixelMask): PixelMask {
  return { height, width, kept: kept.map((value) => 1 - value) };
}

/** The same images with every other pixel at zero, in all channels. @throws SHAPE_MISMATCH when the sizes differ. */
export function keepPixels(data: LabelledImages, mask: PixelMask): LabelledImages {
  const { images, layout } = data;
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(images.shape, layout);
  if (height !== mask.height || width !== mask.width) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'mask of pixels',
      expected: formatShape([height, width]),
      actual: formatShape([mask.height, mask.width]),
      help: 'Rank pixels with maps of the size of the images.',
    });
  }
  const result = zeros(images.shape);
  const size = channels * height * width;
  for (let plane = 0; plane < batchSize(images) * channels; plane++) {
    const offset = Math.floor(plane / channels) * size + (plane % channels) * channelStride;
    for (let pixel = 0; pixel < height * width; pixel++) {
      const index = offset + pixel * pixelStride;
      if (mask.kept[pixel] === 1) result.data[index] = images.data[index]!;
    }
  }
  return { ...data, images: result };
}
