import { imageGeometry, imageShape, type Layout } from '../tensor/layout.ts';
import { zeros, type Tensor } from '../tensor/tensor.ts';

/** How values between pixels are found. */
export type Interpolation = 'bilinear' | 'nearest';

interface Tap {
  readonly low: number;
  readonly high: number;
  readonly weight: number;
}

/** For each target position, the two source positions and the share of the second. Half-pixel centres, edges repeated. */
function taps(source: number, target: number, interpolation: Interpolation): Tap[] {
  return Array.from({ length: target }, (_, i) => {
    if (interpolation === 'nearest') {
      const nearest = Math.min(Math.floor((i * source) / target), source - 1);
      return { low: nearest, high: nearest, weight: 0 };
    }
    const position = Math.max(((i + 0.5) * source) / target - 0.5, 0);
    const low = Math.min(Math.floor(position), source - 1);
    return { low, high: Math.min(low + 1, source - 1), weight: position - low };
  });
}

/**
 * Resizes a batch of images or maps, channel by channel: bilinear with half-pixel centres (as PyTorch's `align_corners=False`), or
 * nearest (as PyTorch's `nearest`).
 */
export function resample(images: Tensor, layout: Layout, height: number, width: number, interpolation: Interpolation): Tensor {
  const from = imageGeometry(images.shape, layout);
  const batch = images.shape[0]!;
  const result = zeros(imageShape(layout, batch, from.channels, height, width));
  const to = imageGeometry(result.shape, layout);
  const rows = taps(from.height, height, interpolation);
  const columns = taps(from.width, width, interpolation);
  for (let plane = 0; plane < batch * from.channels; plane++) {
    const sample = Math.floor(plane / from.channels);
    const channel = plane % from.channels;
    const source = sample * from.channels * from.height * from.width + channel * from.channelStride;
    const target = sample * to.channels * height * width + channel * to.channelStride;
    const at = (y: number, x: number): number => images.data[source + (y * from.width + x) * from.pixelStride]!;
    rows.forEach((row, y) => {
      columns.forEach((column, x) => {
        const top = at(row.low, column.low) * (1 - column.weight) + at(row.low, column.high) * column.weight;
        const bottom = at(row.high, column.low) * (1 - column.weight) + at(row.high, column.high) * column.weight;
        result.data[target + (y * width + x) * to.pixelStride] = top * (1 - row.weight) + bottom * row.weight;
      });
    });
  }
  return result;
}
