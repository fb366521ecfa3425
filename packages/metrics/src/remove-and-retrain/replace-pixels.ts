import { batchSize, formatShape, imageGeometry, PellucidError, type LabelledImages, type Tensor } from '@pellucid/core';

/** Which pixels of an image lose what they hold: those that matter most, or all others. */
export type ReplacedPixels = 'top' | 'rest';

/** The mean of each channel over all pixels of all images: what Hooker et al. put in the place of a pixel. */
export function channelMeans({ images, layout }: Pick<LabelledImages, 'images' | 'layout'>): Float64Array {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(images.shape, layout);
  const means = new Float64Array(channels);
  const count = batchSize(images) * height * width;
  for (let image = 0; image < batchSize(images); image++) {
    for (let channel = 0; channel < channels; channel++) {
      const start = image * channels * height * width + channel * channelStride;
      for (let pixel = 0; pixel < height * width; pixel++) means[channel]! += images.data[start + pixel * pixelStride]! / count;
    }
  }
  return means;
}

/** What is done to the pixels of every image. */
export interface Replacement {
  readonly replaced: ReplacedPixels;
  /** How many pixels count as the top ones, in percent: rounded to whole pixels, at least one. */
  readonly percent: number;
  /** What a replaced pixel holds, a value per channel: `channelMeans` of the training images. */
  readonly fill: ArrayLike<number>;
}

function checkFit({ images, layout }: LabelledImages, ranks: Tensor, percent: number): void {
  const { height, width } = imageGeometry(images.shape, layout);
  const expected = [batchSize(images), 1, height, width];
  if (ranks.shape.length !== 4 || ranks.shape.some((length, axis) => length !== expected[axis])) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'ranks of pixels', expected: formatShape(expected), actual: formatShape(ranks.shape), help: 'Rank the pixels of the same images.',
    });
  }
  if (!(percent > 0 && percent <= 100)) {
    throw new PellucidError('OPTION_INVALID', { option: 'percent', name: 'replacePixels', expected: 'a number above 0, at most 100', actual: percent });
  }
}

/**
 * The same images with pixels replaced, in all channels, by what each image's own ranking says.
 * @param ranks - `pixelRanks` of maps of these images
 * @throws SHAPE_MISMATCH for ranks of other images; OPTION_INVALID for another percentage.
 */
export function replacePixels(data: LabelledImages, ranks: Tensor, { replaced, percent, fill }: Replacement): LabelledImages {
  checkFit(data, ranks, percent);
  const { images, layout } = data;
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(images.shape, layout);
  const pixels = height * width;
  const count = Math.max(Math.round((pixels * percent) / 100), 1);
  const values = images.data.slice();
  for (let place = 0; place < ranks.data.length; place++) {
    const isTop = ranks.data[place]! < count;
    if (isTop !== (replaced === 'top')) continue;
    const index = Math.floor(place / pixels) * channels * pixels + (place % pixels) * pixelStride;
    for (let channel = 0; channel < channels; channel++) values[index + channel * channelStride] = fill[channel]!;
  }
  return { ...data, images: { shape: images.shape, data: values } };
}
