import { assertFinite, batchSize, zeros, type Layout, type Tensor } from '@pellucid/core';
import { orderPixels, sumChannels } from '../pixels.ts';

/**
 * The place of every pixel among those of its own image, [N, 1, height, width]: 0 for the pixel with the greatest absolute values, added up over channels. Equal
 * pixels stand in row-major order.
 * @param maps - a map per image
 * @throws SHAPE_MISMATCH without height and width; INPUT_NOT_FINITE.
 */
export function pixelRanks(maps: Tensor, layout: Layout): Tensor {
  const { height, width, maps: perImage } = sumChannels(maps, layout, true);
  assertFinite(maps, 'maps');
  const ranks = zeros([batchSize(maps), 1, height, width]);
  perImage.forEach((map, image) => {
    orderPixels(map).forEach((pixel, place) => {
      ranks.data[image * height * width + pixel] = place;
    });
  });
  return ranks;
}
