import type { Picture } from './picture.ts';

/** Neighbouring pixels and how much they differ, the least different first. */
export interface PixelGraph {
  readonly pixels: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly differences: Float64Array;
}

/** Half of the eight neighbours: right, down, and both diagonals downwards. Every pair is met once. */
const NEIGHBOURS = [[0, 1], [1, 0], [1, 1], [1, -1]] as const;

const BUCKETS = 2 ** 16;

/** The positions of numbers from 0, the least first, equal ones as they come: into buckets of like size, then each by itself. */
function ascending(numbers: Float64Array): Uint32Array {
  const greatest = numbers.reduce((a, b) => (a > b ? a : b), Number.MIN_VALUE);
  const buckets = new Uint32Array(numbers.length);
  // Whole numbers: what this array stores loses its fraction.
  numbers.forEach((number, position) => { buckets[position] = (number / greatest) * (BUCKETS - 1); });
  const ends = new Uint32Array(BUCKETS + 1);
  buckets.forEach((bucket) => { ends[bucket + 1]! += 1; });
  for (let bucket = 0; bucket < BUCKETS; bucket++) ends[bucket + 1]! += ends[bucket]!;
  const order = new Uint32Array(numbers.length);
  const next = ends.slice();
  buckets.forEach((bucket, position) => { order[next[bucket]!++] = position; });
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const [start, end] = [ends[bucket]!, ends[bucket + 1]!];
    if (end - start > 1) order.subarray(start, end).sort((a, b) => numbers[a]! - numbers[b]! || a - b);
  }
  return order;
}

/** The graph of a picture: an edge between each two of eight neighbours, weighted by their distance in colour. */
export function pixelGraph({ height, width, channels, values }: Picture): PixelGraph {
  const most = NEIGHBOURS.length * height * width;
  const [from, to, found] = [new Int32Array(most), new Int32Array(most), new Float64Array(most)];
  let count = 0;
  for (const [dy, dx] of NEIGHBOURS) {
    const [left, right] = [Math.max(0, -dx), width - Math.max(dx, 0)];
    for (let y = 0; y + dy < height; y++) {
      for (let x = left; x < right; x++) {
        const p = y * width + x;
        const q = p + dy * width + dx;
        let sum = 0;
        for (let channel = 0; channel < channels; channel++) {
          const difference = values[p * channels + channel]! - values[q * channels + channel]!;
          sum += difference * difference;
        }
        from[count] = p;
        to[count] = q;
        found[count++] = Math.sqrt(sum);
      }
    }
  }
  const order = ascending(found.subarray(0, count));
  const inOrder = <Numbers extends Int32Array | Float64Array>(numbers: Numbers): Numbers => {
    const sorted = numbers.slice(0, count) as Numbers;
    order.forEach((edge, place) => { sorted[place] = numbers[edge]!; });
    return sorted;
  };
  return { pixels: height * width, from: inOrder(from), to: inOrder(to), differences: inOrder(found) };
}

/** Sets of pixels that are joined pairwise (union-find, paths halved); the least pixel of a set stands for it. */
class Components {
  readonly sizes: Int32Array;
  /** The largest difference that joined each set: its internal difference. */
  readonly differences: Float64Array;
  readonly #parents: Int32Array;

  constructor(count: number) {
    this.#parents = Int32Array.from({ length: count }, (_, i) => i);
    this.sizes = new Int32Array(count).fill(1);
    this.differences = new Float64Array(count);
  }

  find(pixel: number): number {
    const parents = this.#parents;
    let at = pixel;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }

  join(a: number, b: number, difference: number): void {
    const [root, other] = a < b ? [a, b] : [b, a];
    this.#parents[other] = root;
    this.sizes[root]! += this.sizes[other]!;
    this.differences[root] = difference;
  }
}

/** Scales are given for colours from 0 to 255, as in the paper, whatever unit the picture has. */
const COLOUR_UNITS = 255;

/**
 * Cuts a picture into segments: two of them are joined where the least difference between them is no greater than what both have inside, plus
 * `scale` / size. Segments below `minimumSize` then join a neighbour.
 * @returns the segment of every pixel, numbered from 0 in the order of their first pixels
 * @see {@link https://doi.org/10.1023/B:VISI.0000022288.19776.77 | Felzenszwalb and Huttenlocher 2004}, algorithm 1
 */
export function felzenszwalb({ pixels, from, to, differences }: PixelGraph, scale: number, minimumSize: number): Int32Array {
  const components = new Components(pixels);
  const { sizes } = components;
  const threshold = (root: number): number => components.differences[root]! + scale / COLOUR_UNITS / sizes[root]!;
  for (let edge = 0; edge < differences.length; edge++) {
    const a = components.find(from[edge]!);
    const b = components.find(to[edge]!);
    const difference = differences[edge]!;
    if (a !== b && difference < threshold(a) && difference < threshold(b)) components.join(a, b, difference);
  }
  for (let edge = 0; edge < differences.length; edge++) {
    const a = components.find(from[edge]!);
    const b = components.find(to[edge]!);
    if (a !== b && (sizes[a]! < minimumSize || sizes[b]! < minimumSize)) components.join(a, b, differences[edge]!);
  }
  const numbers = new Map<number, number>();
  return Int32Array.from({ length: pixels }, (_, pixel) => {
    const root = components.find(pixel);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
}
