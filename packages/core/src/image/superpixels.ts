import { imageGeometry, type ImageGeometry, type Layout } from '../tensor/layout.ts';

/** How much a step in space counts against one in colour, colours running from 0 to 1: the usual 10 of colours from 0 to 100. */
const COMPACTNESS = 0.1;
const ROUNDS = 10;

/** The values of an image pixel by pixel, all channels together scaled to [0, 1]. */
function scaledPixels(image: Float32Array, { channels, height, width, channelStride, pixelStride }: ImageGeometry): Float64Array {
  const least = image.reduce((a, b) => Math.min(a, b), Infinity);
  const range = image.reduce((a, b) => Math.max(a, b), -Infinity) - least || 1;
  const scaled = new Float64Array(image.length);
  for (let p = 0; p < height * width; p++) {
    for (let channel = 0; channel < channels; channel++) {
      scaled[p * channels + channel] = (image[channel * channelStride + p * pixelStride]! - least) / range;
    }
  }
  return scaled;
}

/** Centres of segments: position and mean colour, one row each of y, x and the channels. */
type Centres = Float64Array[];

function gridOfCentres(pixels: Float64Array, channels: number, height: number, width: number, count: number): Centres {
  const step = Math.sqrt((height * width) / count);
  const [rows, columns] = [Math.max(1, Math.round(height / step)), Math.max(1, Math.round(width / step))];
  return Array.from({ length: rows * columns }, (_, i) => {
    const y = ((Math.floor(i / columns) + 0.5) * height) / rows;
    const x = (((i % columns) + 0.5) * width) / columns;
    const p = Math.min(height - 1, Math.floor(y)) * width + Math.min(width - 1, Math.floor(x));
    return Float64Array.of(y - 0.5, x - 0.5, ...pixels.subarray(p * channels, (p + 1) * channels));
  });
}

/** Gives every pixel to the nearest centre in colour and space, of those not further than two steps. */
function assign(pixels: Float64Array, centres: Centres, height: number, width: number, step: number): Int32Array {
  const channels = pixels.length / (height * width);
  const nearest = new Float64Array(height * width).fill(Infinity);
  const labels = new Int32Array(height * width);
  const reach = Math.ceil(2 * step);
  const spatial = (COMPACTNESS / step) ** 2;
  centres.forEach((centre, label) => {
    const [cy, cx] = [centre[0]!, centre[1]!];
    for (let y = Math.max(0, Math.floor(cy) - reach); y <= Math.min(height - 1, Math.ceil(cy) + reach); y++) {
      for (let x = Math.max(0, Math.floor(cx) - reach); x <= Math.min(width - 1, Math.ceil(cx) + reach); x++) {
        const p = y * width + x;
        let distance = spatial * ((y - cy) ** 2 + (x - cx) ** 2);
        for (let channel = 0; channel < channels; channel++) distance += (pixels[p * channels + channel]! - centre[2 + channel]!) ** 2;
        if (distance >= nearest[p]!) continue;
        nearest[p] = distance;
        labels[p] = label;
      }
    }
  });
  return labels;
}

/** Moves every centre to the mean of its pixels; one that has none stays. */
function recentre(pixels: Float64Array, labels: Int32Array, centres: Centres, width: number): Centres {
  const channels = pixels.length / labels.length;
  const sums = centres.map(() => new Float64Array(2 + channels));
  const counts = new Float64Array(centres.length);
  labels.forEach((label, p) => {
    const sum = sums[label]!;
    counts[label]! += 1;
    sum[0]! += Math.floor(p / width);
    sum[1]! += p % width;
    for (let channel = 0; channel < channels; channel++) sum[2 + channel]! += pixels[p * channels + channel]!;
  });
  return sums.map((sum, label) => (counts[label] === 0 ? centres[label]! : sum.map((value) => value / counts[label]!)));
}

/** Makes every segment one piece: parts of a label that hang apart and are smaller than a quarter of a segment join a neighbour. */
function connect(labels: Int32Array, height: number, width: number, least: number): Int32Array {
  const joined = new Int32Array(labels.length).fill(-1);
  let next = 0;
  for (let start = 0; start < labels.length; start++) {
    if (joined[start] !== -1) continue;
    let neighbour = -1;
    const part = [start];
    joined[start] = next;
    for (const p of part) {
      const x = p % width;
      for (const q of [x > 0 ? p - 1 : -1, x < width - 1 ? p + 1 : -1, p - width, p + width < height * width ? p + width : -1]) {
        if (q < 0) continue;
        if (joined[q] === -1 && labels[q] === labels[start]) {
          joined[q] = next;
          part.push(q);
        } else if (joined[q] !== -1 && joined[q] !== next) neighbour = joined[q]!;
      }
    }
    if (part.length < least && neighbour >= 0) for (const p of part) joined[p] = neighbour;
    else next++;
  }
  return joined;
}

/**
 * Cuts one image into about `count` segments of like colour: SLIC. Colours are compared as they are, scaled over the image.
 * @returns the segment of every pixel, row-major, numbered from 0 without gaps
 * @see {@link https://doi.org/10.1109/TPAMI.2012.120 | Achanta et al. 2012}, algorithm 1
 */
export function superpixels(image: Float32Array, shape: readonly number[], layout: Layout, count: number): Int32Array {
  const geometry = imageGeometry(shape, layout);
  const { channels, height, width } = geometry;
  const pixels = scaledPixels(image, geometry);
  const step = Math.sqrt((height * width) / count);
  let centres = gridOfCentres(pixels, channels, height, width, count);
  let labels = assign(pixels, centres, height, width, step);
  for (let round = 1; round < ROUNDS; round++) {
    centres = recentre(pixels, labels, centres, width);
    labels = assign(pixels, centres, height, width, step);
  }
  return connect(labels, height, width, (step * step) / 4);
}
