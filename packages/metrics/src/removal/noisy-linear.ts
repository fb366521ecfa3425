import type { ImageGeometry } from '@pellucid/core';

/** Weights of the neighbours in ROAD: next to each other, and across corners. */
const DIRECT = 1 / 6;
const DIAGONAL = 1 / 12;
/** Of the residual, relative to the right side: far below what a network in single precision can tell. */
const TOLERANCE = 1e-8;

/** For each unknown pixel: its neighbours in the image with their weights. */
interface Neighbours {
  readonly pixels: Int32Array;
  readonly weights: Float64Array;
  /** Where the neighbours of the i-th unknown pixel start; one more entry than unknown pixels. */
  readonly starts: Int32Array;
}

function findNeighbours(unknown: Uint32Array, height: number, width: number): Neighbours {
  const [pixels, weights, starts]: [number[], number[], number[]] = [[], [], [0]];
  for (const pixel of unknown) {
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        if ((dy === 0 && dx === 0) || y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) continue;
        pixels.push(pixel + dy * width + dx);
        weights.push(dy === 0 || dx === 0 ? DIRECT : DIAGONAL);
      }
    }
    starts.push(pixels.length);
  }
  return { pixels: Int32Array.from(pixels), weights: Float64Array.from(weights), starts: Int32Array.from(starts) };
}

/** The equations of the unknown pixels, the same for every channel: each is the weighted mean of its neighbours. */
interface System {
  readonly diagonal: Float64Array;
  readonly multiply: (x: Float64Array) => Float64Array;
  /** The right side, from the values of the known pixels. */
  readonly known: (valueOf: (pixel: number) => number) => Float64Array;
}

function buildSystem(unknown: Uint32Array, height: number, width: number): System {
  const { pixels, weights, starts } = findNeighbours(unknown, height, width);
  const place = new Int32Array(height * width).fill(-1);
  unknown.forEach((pixel, i) => (place[pixel] = i));
  const eachNeighbour = (term: (pixel: number, at: number) => number): Float64Array => Float64Array.from(unknown, (_, i) => {
    let sum = 0;
    for (let k = starts[i]!; k < starts[i + 1]!; k++) sum += weights[k]! * term(pixels[k]!, place[pixels[k]!]!);
    return sum;
  });
  const diagonal = eachNeighbour(() => 1);
  const places = pixels.map((pixel) => place[pixel]!);
  return {
    diagonal,
    // Called once per step of the solver: a loop without calls takes a fraction of the time.
    multiply: (x) => {
      const image = new Float64Array(x.length);
      for (let i = 0; i < x.length; i++) {
        let sum = diagonal[i]! * x[i]!;
        for (let k = starts[i]!; k < starts[i + 1]!; k++) {
          const at = places[k]!;
          if (at >= 0) sum -= weights[k]! * x[at]!;
        }
        image[i] = sum;
      }
      return image;
    },
    known: (valueOf) => eachNeighbour((pixel, at) => (at < 0 ? valueOf(pixel) : 0)),
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Conjugate gradients with the diagonal as preconditioner: the system is symmetric, and positive definite where a pixel is known. */
function solve({ diagonal, multiply }: System, b: Float64Array): Float64Array {
  const x = new Float64Array(b.length);
  const residual = b.slice();
  const limit = TOLERANCE * Math.sqrt(dot(b, b));
  const scaled = residual.map((value, i) => value / diagonal[i]!);
  const direction = scaled.slice();
  let energy = dot(residual, scaled);
  // Exact arithmetic needs one step per unknown; twice as many leave room for rounding.
  for (let step = 0; step < 2 * b.length && Math.sqrt(dot(residual, residual)) > limit; step++) {
    const image = multiply(direction);
    const length = energy / dot(direction, image);
    for (let i = 0; i < x.length; i++) {
      x[i]! += length * direction[i]!;
      residual[i]! -= length * image[i]!;
    }
    for (let i = 0; i < x.length; i++) scaled[i] = residual[i]! / diagonal[i]!;
    const next = dot(residual, scaled);
    const turn = next / energy;
    for (let i = 0; i < x.length; i++) direction[i] = scaled[i]! + turn * direction[i]!;
    energy = next;
  }
  return x;
}

/** The mean of one channel: what stands in for every pixel where none is known. */
function channelMean(image: Float32Array, channel: number, { height, width, channelStride, pixelStride }: ImageGeometry): number {
  let sum = 0;
  for (let pixel = 0; pixel < height * width; pixel++) sum += image[channel * channelStride + pixel * pixelStride]!;
  return sum / (height * width);
}

/**
 * Replaces pixels by the weighted means of their neighbours, known and unknown ones, plus the given noise: the removal of ROAD. Where no
 * pixel is known, all take the mean of their channel.
 * @see {@link https://arxiv.org/abs/2202.00449 | Rong et al. 2022}
 */
export function imputeLinearly(image: Float32Array, unknown: Uint32Array, geometry: ImageGeometry, noise: Float32Array): void {
  const { channels, height, width, channelStride, pixelStride } = geometry;
  if (unknown.length === 0) return;
  const isAll = unknown.length === height * width;
  const system = isAll ? undefined : buildSystem(unknown, height, width);
  for (let channel = 0; channel < channels; channel++) {
    const at = (pixel: number): number => channel * channelStride + pixel * pixelStride;
    const mean = channelMean(image, channel, geometry);
    const values = system === undefined ? undefined : solve(system, system.known((pixel) => image[at(pixel)]!));
    unknown.forEach((pixel, i) => (image[at(pixel)] = (values?.[i] ?? mean) + noise[at(pixel)]!));
  }
}
