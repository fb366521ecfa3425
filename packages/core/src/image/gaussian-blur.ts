import { imageGeometry, type Layout } from '../tensor/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** A normalised Gaussian of the given odd length. */
function gaussianKernel(length: number, sigma: number): Float64Array {
  const centre = (length - 1) / 2;
  const kernel = Float64Array.from({ length }, (_, i) => Math.exp(-((i - centre) ** 2) / (2 * sigma ** 2)));
  const sum = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((value) => value / sum);
}

/** Mirrors a position at the edges without repeating them: -1 becomes 1. */
function reflect(position: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const wrapped = ((position % period) + period) % period;
  return wrapped < length ? wrapped : period - wrapped;
}

/**
 * Blurs every channel of a batch of images with a Gaussian, edges mirrored.
 * @param sigma - standard deviation in pixels
 * @param kernelSize - odd number of taps; four standard deviations to each side unless given
 */
export function gaussianBlur(images: Tensor, layout: Layout, sigma: number, kernelSize?: number): Tensor {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(images.shape, layout);
  const kernel = gaussianKernel(kernelSize ?? 2 * Math.ceil(4 * sigma) + 1, sigma);
  const radius = (kernel.length - 1) / 2;
  const data = new Float32Array(images.data.length);
  const rows = new Float64Array(height * width);
  for (let plane = 0; plane < images.shape[0]! * channels; plane++) {
    const offset =
      Math.floor(plane / channels) * channels * height * width + (plane % channels) * channelStride;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < kernel.length; k++) {
          sum += kernel[k]! * images.data[offset + (y * width + reflect(x + k - radius, width)) * pixelStride]!;
        }
        rows[y * width + x] = sum;
      }
    }
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * rows[reflect(y + k - radius, height) * width + x]!;
        data[offset + (y * width + x) * pixelStride] = sum;
      }
    }
  }
  return { shape: images.shape, data };
}
