import { batchSize, imageGeometry, imageShape, zeros, type Layout, type Tensor } from '@pellucid/core';

/** Smoothing across, difference along, of the Sobel operator. */
const SMOOTH = [1, 2, 1];
const DIFFERENCE = [-1, 0, 1];

/**
 * The strength of edges at every pixel: the magnitude of the Sobel gradient, added up over channels, border pixels repeated. One
 * channel, in the layout of the images.
 * @throws SHAPE_MISMATCH without height and width.
 */
export function sobelMagnitude(images: Tensor, layout: Layout): Tensor {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(images.shape, layout);
  const result = zeros(imageShape(layout, batchSize(images), 1, height, width));
  const clamp = (position: number, length: number): number => Math.min(Math.max(position, 0), length - 1);
  for (let plane = 0; plane < batchSize(images) * channels; plane++) {
    const sample = Math.floor(plane / channels);
    const offset = sample * channels * height * width + (plane % channels) * channelStride;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let horizontal = 0;
        let vertical = 0;
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            const pixel = clamp(y + i - 1, height) * width + clamp(x + j - 1, width);
            const value = images.data[offset + pixel * pixelStride]!;
            horizontal += SMOOTH[i]! * DIFFERENCE[j]! * value;
            vertical += DIFFERENCE[i]! * SMOOTH[j]! * value;
          }
        }
        result.data[sample * height * width + y * width + x]! += Math.hypot(horizontal, vertical);
      }
    }
  }
  return result;
}
