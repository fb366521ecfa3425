import { portableLog } from './portable-log.ts';

const LAYERS = 256;
/** Where the tail begins, chosen so that 256 layers of equal area end at height 1. */
const TAIL = 3.654152885361008771645729;
/** The area of each layer under exp(-x^2 / 2), and of the lowest one with the tail. */
const AREA = 0.004928673233974655347361775;
const TAIL_HEIGHT = 0.001260285930498597564133462;

/** Right edges of the layers from the lowest, whose edge is that of a box of its area, up to 0 at the top. */
const EDGES = new Float64Array(LAYERS + 1);
/** exp(-x^2 / 2) at the edges: where a layer begins. */
const HEIGHTS = new Float64Array(LAYERS + 1);
EDGES.set([AREA / TAIL_HEIGHT, TAIL]);
HEIGHTS.set([0, TAIL_HEIGHT]);
for (let layer = 2; layer < LAYERS; layer++) {
  HEIGHTS[layer] = HEIGHTS[layer - 1]! + AREA / EDGES[layer - 1]!;
  EDGES[layer] = Math.sqrt(-2 * portableLog(HEIGHTS[layer]!));
}
HEIGHTS[LAYERS] = 1;

/** Uniform in (0, 1): 52 bits and a half, so that neither end is reached. */
const betweenZeroAndOne = (words: () => number): number => ((words() >>> 6) * 0x4000000 + (words() >>> 6) + 0.5) / 0x10000000000000;

/** A value beyond the layers' edge. Marsaglia 1964: exponential numbers, rejected. */
function drawTail(words: () => number): number {
  for (;;) {
    const beyond = -portableLog(betweenZeroAndOne(words)) / TAIL;
    if (-2 * portableLog(betweenZeroAndOne(words)) > beyond * beyond) return TAIL + beyond;
  }
}

/** Whether a point of a layer at x, where the layer's box sticks out of the curve, lies below the curve. */
function isBelow(layer: number, x: number, words: () => number): boolean {
  const height = HEIGHTS[layer]! + betweenZeroAndOne(words) * (HEIGHTS[layer + 1]! - HEIGHTS[layer]!);
  return portableLog(height) < -0.5 * x * x;
}

/**
 * Standard normal numbers from 32-bit words by the ziggurat: the area under the density is cut into layers of equal area, and nearly every draw falls into
 * the part of a layer that is a box. Exact, not approximate. Layer and position come from different bits.
 * @see {@link https://doi.org/10.18637/jss.v005.i08 | Marsaglia, Tsang 2000}; Doornik 2005, on sharing bits
 */
export function normalFrom(words: () => number): () => number {
  return () => {
    for (;;) {
      const word = words();
      const layer = word & (LAYERS - 1);
      // 24 bits with the sign and 32 more, in [-1, 1).
      const share = ((word >> 8) * 0x100000000 + (words() >>> 0)) / 0x80000000000000;
      const x = share * EDGES[layer]!;
      if (Math.abs(x) < EDGES[layer + 1]!) return x;
      if (layer === 0) return share < 0 ? -drawTail(words) : drawTail(words);
      if (isBelow(layer, x, words)) return x;
    }
  };
}
