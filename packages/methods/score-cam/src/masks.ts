import type { LayerSample } from '@pellucid/core';

/** For each target position the two source positions and the share of the second: the corners of both grids lie on each other. */
function taps(source: number, target: number): readonly (readonly [low: number, high: number, share: number])[] {
  return Array.from({ length: target }, (_, i) => {
    const position = target === 1 ? 0 : (i * (source - 1)) / (target - 1);
    const low = Math.min(Math.floor(position), source - 1);
    return [low, Math.min(low + 1, source - 1), position - low];
  });
}

/** Keeps the mask of a channel that is the same everywhere finite: it hides everything. */
const EPSILON = 1e-8;

/** The rows of channel k of a layer at another width. */
function stretchRows({ height, width, activation }: Pick<LayerSample, 'height' | 'width' | 'activation'>, k: number, to: number): Float64Array {
  const rows = new Float64Array(height * to);
  taps(width, to).forEach(([left, right, across], x) => {
    for (let y = 0; y < height; y++) {
      const start = (k * height + y) * width;
      rows[y * to + x] = activation[start + left]! * (1 - across) + activation[start + right]! * across;
    }
  });
  return rows;
}

/** Channel k of a layer as a mask for the image: bilinear between its corners, then scaled to between 0 and 1. */
export function channelMask(layer: Pick<LayerSample, 'height' | 'width' | 'activation'>, k: number, height: number, width: number): Float64Array {
  const rows = stretchRows(layer, k, width);
  const mask = new Float64Array(height * width);
  let least = Infinity;
  let greatest = -Infinity;
  taps(layer.height, height).forEach(([top, bottom, down], y) => {
    for (let x = 0; x < width; x++) {
      const value = rows[top * width + x]! * (1 - down) + rows[bottom * width + x]! * down;
      mask[y * width + x] = value;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
  });
  const range = greatest - least + EPSILON;
  for (let p = 0; p < mask.length; p++) mask[p] = (mask[p]! - least) / range;
  return mask;
}
