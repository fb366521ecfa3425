import { imageGeometry, imageShape, type Layout, type Tensor } from '@pellucid/core';

/**
 * The map of one sample in square cells: each holds the mean over its pixels, all channels summed, so that the noise of single pixels
 * cancels and what a patch contributes can be seen. Cells at the far edges may have fewer pixels than `side` squared.
 */
export function averageCells(map: Tensor, layout: Layout, side: number): Tensor {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(map.shape, layout);
  const columns = Math.ceil(width / side);
  const rows = Math.ceil(height / side);
  const sums = new Float64Array(columns * rows);
  const pixels = new Uint32Array(columns * rows);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const cell = Math.floor(Math.floor(pixel / width) / side) * columns + Math.floor((pixel % width) / side);
    pixels[cell]!++;
    for (let channel = 0; channel < channels; channel++) sums[cell]! += map.data[channel * channelStride + pixel * pixelStride]!;
  }
  return { shape: imageShape(layout, 1, 1, rows, columns), data: Float32Array.from(sums, (sum, cell) => sum / pixels[cell]!) };
}
