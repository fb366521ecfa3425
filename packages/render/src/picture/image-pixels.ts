import { imageGeometry, PellucidError, type Layout, type Tensor } from '@pellucid/core';
import { finiteSample } from '../map/collapse.ts';
import { blank, type Pixels } from '../pixels.ts';

/** Which values are black and white. */
export interface ImagePixelsOptions {
  /** Shown as black. @defaultValue the sample's lowest value */
  readonly min?: number | undefined;
  /** Shown as white. @defaultValue the sample's highest value */
  readonly max?: number | undefined;
}

/**
 * One sample of a network's input as a picture: grey for one channel, RGB for three. Give `min` and `max` where they are known; without
 * them the sample's own lowest and highest values become black and white, and a sample of one value becomes mid-grey.
 * @throws SHAPE_MISMATCH for other numbers of channels; INPUT_NOT_FINITE, REQUEST_INVALID
 */
export function imagePixels(images: Tensor, layout: Layout, sample: number, options: ImagePixelsOptions = {}): Pixels {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(images.shape, layout);
  if (channels !== 1 && channels !== 3) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'image', expected: '1 or 3 channels', actual: `${channels} channels`, help: 'Only grey and RGB images can be shown.',
    });
  }
  const data = finiteSample(images, sample, 'image');
  const min = options.min ?? data.reduce((a, b) => Math.min(a, b), Infinity);
  const max = options.max ?? data.reduce((a, b) => Math.max(a, b), -Infinity);
  const level = (value: number): number => (max > min ? (255 * (value - min)) / (max - min) : 127.5);
  const picture = blank(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const source = Math.min(channel, channels - 1) * channelStride + pixel * pixelStride;
      picture.data[pixel * 4 + channel] = level(data[source]!);
    }
  }
  return picture;
}
