import { imageGeometry, type Layout } from '@pellucid/core';
import { felzenszwalb, pixelGraph } from './felzenszwalb.ts';
import { blurPicture, resizePicture, type Picture } from './picture.ts';

/** The pixels of a region, by their numbers row by row. */
export type Region = Int32Array;

/** The authors' settings: they hold for pictures of this size with values from -1 to 1. */
const SIDE = 224;
const SCALES = [50, 100, 150, 250, 500, 1200];
const SIGMA = 0.8;
const MINIMUM_SIZE = 150;
const DILATION_RADIUS = 5;

/** A length in the authors' pictures as pixels of this one. */
const inPixels = (length: number, height: number, width: number): number => (length * Math.sqrt(height * width)) / SIDE;

/** Fewer new pixels than this share of the image do not make a region: 50 in the authors' pictures. */
export const LEAST_SHARE: number = 50 / SIDE ** 2;

/** One image with its values brought to [-1, 1]; zeros where they are all the same. */
export function scaledPicture(image: Float32Array, shape: readonly number[], layout: Layout): Picture {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(shape, layout);
  const least = image.reduce((a, b) => Math.min(a, b), Infinity);
  const range = image.reduce((a, b) => Math.max(a, b), -Infinity) - least;
  const values = new Float64Array(image.length);
  for (let p = 0; p < height * width; p++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = image[channel * channelStride + p * pixelStride]!;
      values[p * channels + channel] = range === 0 ? 0 : (2 * (value - least)) / range - 1;
    }
  }
  return { height, width, channels, values };
}

/** The number at the nearest of the `from` pixels along each axis. */
function nearestNumbers(numbers: Int32Array, from: number, height: number, width: number): Int32Array {
  const at = (i: number, length: number): number => Math.floor(((i + 0.5) * from) / length);
  return Int32Array.from({ length: height * width }, (_, p) => numbers[at(Math.floor(p / width), height) * from + at(p % width, width)]!);
}

/** Whether a pixel lies within the image and all four of its neighbours belong to its segment. */
function isInside(numbers: Int32Array, p: number, height: number, width: number): boolean {
  const x = p % width;
  if (x === 0 || x === width - 1 || p < width || p >= (height - 1) * width) return false;
  const number = numbers[p]!;
  return numbers[p - 1] === number && numbers[p + 1] === number && numbers[p - width] === number && numbers[p + width] === number;
}

/** Half of the width of a disk at each of its rows. */
function diskRows(radius: number): Int32Array {
  const reach = Math.floor(radius);
  return Int32Array.from({ length: 2 * reach + 1 }, (_, row) => Math.floor(Math.sqrt(radius * radius - (row - reach) ** 2)));
}

/** The segments of a picture, each grown by every pixel within a radius. */
export function dilatedRegions(numbers: Int32Array, height: number, width: number, radius: number): Region[] {
  const rows = diskRows(radius);
  const reach = Math.floor(radius);
  const members: number[][] = [];
  numbers.forEach((number, p) => { (members[number] ??= []).push(p); });
  const stamp = new Int32Array(numbers.length).fill(-1);
  const grown = new Int32Array(numbers.length);
  return members.map((pixels, number) => {
    let count = 0;
    const addRow = (first: number, last: number): void => {
      for (let p = first; p <= last; p++) {
        if (stamp[p] === number) continue;
        stamp[p] = number;
        grown[count++] = p;
      }
    };
    for (const p of pixels) {
      if (isInside(numbers, p, height, width)) {
        addRow(p, p);
        continue;
      }
      // What lies near a segment lies near its border.
      const [x, y] = [p % width, Math.floor(p / width)];
      for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
        const half = rows[row - y + reach]!;
        addRow(row * width + Math.max(0, x - half), row * width + Math.min(width - 1, x + half));
      }
    }
    return grown.slice(0, count).sort();
  }).filter((region) => region.length > 0);
}

/** The regions of an image: segments at six scales, from fine to coarse, that overlap where they meet. Together they cover it. */
export function regionsOf(image: Float32Array, shape: readonly number[], layout: Layout): Region[] {
  const picture = scaledPicture(image, shape, layout);
  const { height, width } = picture;
  const graph = pixelGraph(blurPicture(resizePicture(picture, SIDE, SIDE), SIGMA));
  return SCALES.flatMap((scale) => {
    const numbers = nearestNumbers(felzenszwalb(graph, scale, MINIMUM_SIZE), SIDE, height, width);
    return dilatedRegions(numbers, height, width, inPixels(DILATION_RADIUS, height, width));
  });
}
