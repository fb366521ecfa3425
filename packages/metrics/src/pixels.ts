import { batchSize, imageGeometry, type ImageGeometry, type Layout, type Tensor } from '@pellucid/core';

/** One value per pixel for each sample of a batch, row-major. */
export interface PixelMaps {
  readonly height: number;
  readonly width: number;
  /** A map of height x width values per sample. */
  readonly maps: readonly Float64Array[];
}

/** Adds up the channels of every pixel, as they are or without their signs. @throws SHAPE_MISMATCH without height and width. */
export function sumChannels(values: Tensor, layout: Layout, magnitude = false): PixelMaps {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(values.shape, layout);
  const size = channels * height * width;
  const maps = Array.from({ length: batchSize(values) }, (_, sample) =>
    Float64Array.from({ length: height * width }, (__, pixel) => {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) {
        const value = values.data[sample * size + channel * channelStride + pixel * pixelStride]!;
        sum += magnitude ? Math.abs(value) : value;
      }
      return sum;
    }),
  );
  return { height, width, maps };
}

/** Pixels from the highest value to the lowest; equal ones in row-major order. */
export function orderPixels(values: Float64Array): Uint32Array {
  return Uint32Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
}

/** Copies pixels with all their channels from one image to another. */
export function copyPixels(from: Float32Array, to: Float32Array, pixels: Iterable<number>, { channels, channelStride, pixelStride }: ImageGeometry): void {
  for (const pixel of pixels) {
    for (let channel = 0; channel < channels; channel++) {
      const index = channel * channelStride + pixel * pixelStride;
      to[index] = from[index]!;
    }
  }
}
