import { portableLog } from './portable-log.ts';
import { nextWord } from './small-fast-counter.ts';

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

/** A loop over so many numbers takes half the time of a call for each. */
const DRAWN_AT_ONCE = 256;

/** Uniform in (0, 1): 52 bits and a half, so that neither end is reached. */
const betweenZeroAndOne = (state: Int32Array): number => ((nextWord(state) >>> 6) * 0x4000000 + (nextWord(state) >>> 6) + 0.5) / 0x10000000000000;

/** A value beyond the layers' edge. Marsaglia 1964: exponential numbers, rejected. */
function drawTail(state: Int32Array): number {
  for (;;) {
    const beyond = -portableLog(betweenZeroAndOne(state)) / TAIL;
    if (-2 * portableLog(betweenZeroAndOne(state)) > beyond * beyond) return TAIL + beyond;
  }
}

/** Whether a point of a layer at x, where the layer's box sticks out of the curve, lies below the curve. */
function isBelow(layer: number, x: number, state: Int32Array): boolean {
  const height = HEIGHTS[layer]! + betweenZeroAndOne(state) * (HEIGHTS[layer + 1]! - HEIGHTS[layer]!);
  return portableLog(height) < -0.5 * x * x;
}

/** The next numbers from a generator's state. */
function drawNumbers(numbers: Float64Array, state: Int32Array): void {
  for (let i = 0; i < numbers.length; ) {
    const word = nextWord(state);
    const layer = word & (LAYERS - 1);
    // 24 bits with the sign and 32 more, in [-1, 1).
    const share = ((word >> 8) * 0x100000000 + (nextWord(state) >>> 0)) / 0x80000000000000;
    const x = share * EDGES[layer]!;
    if (Math.abs(x) < EDGES[layer + 1]!) numbers[i++] = x;
    else if (layer === 0) numbers[i++] = share < 0 ? -drawTail(state) : drawTail(state);
    else if (isBelow(layer, x, state)) numbers[i++] = x;
  }
}

/** Standard normal numbers, one at a time or many at once: the sequence is the same. */
export interface NormalNumbers {
  /** The next standard normal number. */
  readonly normal: () => number;
  /** Fills an array with the next numbers. */
  readonly fillNormal: (numbers: Float64Array) => void;
}

/**
 * Standard normal numbers by the ziggurat from a generator of their own, whose state is made when the first is drawn: the area under the density is cut into layers of
 * equal area, and nearly every draw falls into the part of a layer that is a box. Exact, not approximate. Layer and position come from different bits.
 * @see {@link https://doi.org/10.18637/jss.v005.i08 | Marsaglia, Tsang 2000}; Doornik 2005, on sharing bits
 */
export function normalFrom(start: () => Int32Array): NormalNumbers {
  let state: Int32Array | undefined;
  let numbers: Float64Array = new Float64Array(0);
  let taken = 0;
  return {
    normal() {
      if (taken === numbers.length) {
        if (numbers.length === 0) numbers = new Float64Array(DRAWN_AT_ONCE);
        drawNumbers(numbers, (state ??= start()));
        taken = 0;
      }
      return numbers[taken++]!;
    },
    fillNormal(filled) {
      const left = numbers.subarray(taken, taken + filled.length);
      filled.set(left);
      taken += left.length;
      drawNumbers(filled.subarray(left.length), (state ??= start()));
    },
  };
}
