import { sizeOf, type ImageGeometry, type Tensor } from '@pellucid/core';

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
      least = Math.min(least, size);
      greatest = Math.max(greatest, size);
    }
    const range = greatest - least + EPSILON;
    for (let p = 0; p < values.length; p++) values[p]! += (Math.abs(products[k * channelStride + p * pixelStride]!) - least) / range;
  }
  return { height, width, values };
}

/** A bias at every value of a sample of its layer: repeated along axes where it has length 1. */
export function spreadBias({ shape: from, data }: Tensor, shape: readonly number[]): Float32Array {
  const spread = new Float32Array(sizeOf(shape));
  for (let i = 0; i < spread.length; i++) {
    let rest = i;
    let position = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const length = from[axis]!;
      if (length !== 1) position += (rest % shape[axis]!) * stride;
      stride *= length;
      rest = Math.floor(rest / shape[axis]!);
    }
    spread[i] = data[position]!;
  }
  return spread;
}
