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

/**
 * Blurs one channel, given row by row, along its columns, and transposes it: twice is both axes. A row is made of four others at a time, which are added in
 * their order: so a value is read and written once for four products.
 */
function blurColumns(plane: Float64Array, width: number, down: readonly BlurredPosition[]): Float64Array {
  const height = down.length;
  const result = new Float64Array(plane.length);
  const row = new Float64Array(width);
  down.forEach(({ first, weights }, y) => {
    row.fill(0);
    let k = 0;
    for (; k + 3 < weights.length; k += 4) {
      const w0 = weights[k]!;
      const w1 = weights[k + 1]!;
      const w2 = weights[k + 2]!;
      const w3 = weights[k + 3]!;
      const r0 = (first + k) * width;
      const r1 = r0 + width;
      const r2 = r1 + width;
      const r3 = r2 + width;
      for (let x = 0; x < width; x++) row[x] = row[x]! + w0 * plane[r0 + x]! + w1 * plane[r1 + x]! + w2 * plane[r2 + x]! + w3 * plane[r3 + x]!;
    }
    for (; k < weights.length; k++) {
      const weight = weights[k]!;
      const from = (first + k) * width;
      for (let x = 0; x < width; x++) row[x] = row[x]! + weight * plane[from + x]!;
    }
    for (let x = 0; x < width; x++) result[x * height + y] = row[x]!;
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
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) plane[x * height + y] = images.data[offset + (y * width + x) * pixelStride]!;
      }
      const blurred = blurColumns(blurColumns(plane, height, across), width, down);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) data[offset + (y * width + x) * pixelStride] = blurred[x * height + y]!;
      }
    }
  }
  return { shape: images.shape, data };
}
