import type { ImageGeometry } from '@pellucid/core';

const LEVELS = 256;

/** The prediction of a value from those to its left, above, and above left (median edge detector of JPEG-LS). */
function predict(left: number, above: number, corner: number): number {
  if (corner >= Math.max(left, above)) return Math.min(left, above);
  if (corner <= Math.min(left, above)) return Math.max(left, above);
  return left + above - corner;
}

/** Bits of an ideal code for whole numbers from -255 to 255 that are drawn by their own frequencies. */
function codeLength(residuals: Int16Array): number {
  const counts = new Map<number, number>();
  for (const residual of residuals) counts.set(residual, (counts.get(residual) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / residuals.length);
  return bits;
}

/**
 * About how many bits an image takes, losslessly, at 256 levels from `low` to `high`: what JPEG-LS predicts wrongly, in an ideal code. The same on
 * every platform, unlike the size of a file that some encoder writes.
 */
export function imageInformation(image: Float32Array, { channels, height, width, channelStride, pixelStride }: ImageGeometry, low: number, high: number): number {
  const scale = high > low ? (LEVELS - 1) / (high - low) : 0;
  const residuals = new Int16Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++) {
    const at = (y: number, x: number): number =>
      (y < 0 || x < 0 ? 0 : Math.min(Math.max(Math.round((image[channel * channelStride + (y * width + x) * pixelStride]! - low) * scale), 0), LEVELS - 1));
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        residuals[(channel * height + y) * width + x] = at(y, x) - predict(at(y, x - 1), at(y - 1, x), at(y - 1, x - 1));
      }
    }
  }
  return codeLength(residuals);
}
