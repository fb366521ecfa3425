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

/** Channel k of a layer as a mask for the image: bilinear between its corners, then scaled to between 0 and 1. */
export function channelMask(layer: Pick<LayerSample, 'height' | 'width' | 'activation'>, k: number, height: number, width: number): Float64Array {
  const channel = layer.activation.subarray(k * layer.height * layer.width, (k + 1) * layer.height * layer.width);
  const at = (y: number, x: number): number => channel[y * layer.width + x]!;
  const columns = taps(layer.width, width);
  const mask = new Float64Array(height * width);
  taps(layer.height, height).forEach(([top, bottom, down], y) => {
    columns.forEach(([left, right, across], x) => {
      const above = at(top, left) * (1 - across) + at(top, right) * across;
      const below = at(bottom, left) * (1 - across) + at(bottom, right) * across;
      mask[y * width + x] = above * (1 - down) + below * down;
    });
  });
  const least = mask.reduce((a, b) => Math.min(a, b), Infinity);
  const range = mask.reduce((a, b) => Math.max(a, b), -Infinity) - least;
  return mask.map((value) => (value - least) / (range + EPSILON));
}
