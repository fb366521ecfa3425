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

/** What a blurred position is made of: the weights of the positions from `first` on. */
interface BlurredPosition {
  readonly first: number;
  readonly weights: Float64Array;
}

/** The kernel at every position of an axis, with what lies beyond the edges folded back: blurring asks no position twice. */
function foldKernel(kernel: Float64Array, length: number): BlurredPosition[] {
  const radius = (kernel.length - 1) / 2;
  return Array.from({ length }, (_, position) => {
    const weights = new Float64Array(length);
    kernel.forEach((weight, k) => {
      weights[reflect(position + k - radius, length)]! += weight;
    });
    const first = weights.findIndex((weight) => weight !== 0);
    return { first, weights: weights.subarray(first, weights.findLastIndex((weight) => weight !== 0) + 1) };
  });
}

/** Blurs one channel, given row by row, along both axes. */
function blurPlane(plane: Float64Array, width: number, across: readonly BlurredPosition[], down: readonly BlurredPosition[]): Float64Array {
  const rows = new Float64Array(plane.length);
  for (let start = 0; start < plane.length; start += width) {
    across.forEach(({ first, weights }, x) => {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * plane[start + first + k]!;
      rows[start + x] = sum;
    });
  }
  const result = new Float64Array(plane.length);
  down.forEach(({ first, weights }, y) => {
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]!;
      const [from, to] = [(first + k) * width, y * width];
      for (let x = 0; x < width; x++) result[to + x]! += weight * rows[from + x]!;
    }
  });
  return result;
}

/**
 * Blurs every channel of a batch of images with a Gaussian, edges mirrored.
 * @param sigma - standard deviation in pixels; 0 changes nothing
 * @param kernelSize - odd number of taps; four standard deviations to each side unless given
 */
export function gaussianBlur(images: Tensor, layout: Layout, sigma: number, kernelSize?: number): Tensor {
  if (sigma === 0) return { shape: images.shape, data: images.data.slice() };
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(images.shape, layout);
  const kernel = gaussianKernel(kernelSize ?? 2 * Math.ceil(4 * sigma) + 1, sigma);
  const [across, down] = [foldKernel(kernel, width), foldKernel(kernel, height)];
  const pixels = height * width;
  const data = new Float32Array(images.data.length);
  const plane = new Float64Array(pixels);
  for (let sample = 0; sample < images.data.length; sample += channels * pixels) {
    for (let channel = 0; channel < channels; channel++) {
      const offset = sample + channel * channelStride;
      for (let p = 0; p < pixels; p++) plane[p] = images.data[offset + p * pixelStride]!;
      const blurred = blurPlane(plane, width, across, down);
      for (let p = 0; p < pixels; p++) data[offset + p * pixelStride] = blurred[p]!;
    }
  }
  return { shape: images.shape, data };
}
