import type { ImageGeometry, Tensor } from '@pellucid/core';

/** One value per pixel. */
export interface Plane {
  readonly height: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** Keeps a channel of zeros finite, as the authors' program and pytorch-grad-cam do. */
const EPSILON = 1e-7;

/** The sum over channels. */
export function sumOfProducts(products: Float64Array, { channels, height, width, channelStride, pixelStride }: ImageGeometry): Plane {
  const values = new Float64Array(height * width);
  for (let k = 0; k < channels; k++) {
    for (let p = 0; p < values.length; p++) values[p]! += products[k * channelStride + p * pixelStride]!;
  }
  return { height, width, values };
}

/** The sum over channels of absolute values, each channel scaled to between 0 and 1: psi of the paper, before it is resized. */
export function sumScaled(products: Float64Array, { channels, height, width, channelStride, pixelStride }: ImageGeometry): Plane {
  const values = new Float64Array(height * width);
  for (let k = 0; k < channels; k++) {
    let least = Infinity;
    let greatest = -Infinity;
    for (let p = 0; p < values.length; p++) {
      const size = Math.abs(products[k * channelStride + p * pixelStride]!);
      if (size < least) least = size;
      if (size > greatest) greatest = size;
    }
    const range = greatest - least + EPSILON;
    for (let p = 0; p < values.length; p++) values[p]! += (Math.abs(products[k * channelStride + p * pixelStride]!) - least) / range;
  }
  return { height, width, values };
}

/** Each block of so many values a number of times, one behind the other. */
function repeatBlocks(data: Float32Array, length: number, times: number): Float32Array {
  const repeated = new Float32Array(data.length * times);
  for (let from = 0; from < data.length; from += length) {
    const to = from * times;
    if (length === 1) repeated.fill(data[from]!, to, to + times);
    else for (let i = 0; i < times; i++) repeated.set(data.subarray(from, from + length), to + i * length);
  }
  return repeated;
}

/** A bias at every value of a sample of its layer: repeated along axes where it has length 1. */
export function spreadBias({ shape: from, data }: Tensor, shape: readonly number[]): Float32Array {
  let spread = data;
  let length = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (from[axis] !== shape[axis]) spread = repeatBlocks(spread, length, shape[axis]!);
    length *= shape[axis]!;
  }
  return spread;
}
