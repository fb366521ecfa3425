import { imageGeometry, imageShape, type Layout } from '../tensor/layout.ts';
import { zeros, type Tensor } from '../tensor/tensor.ts';

/** How values between pixels are found. */
export type Interpolation = 'bilinear' | 'nearest';

interface Tap {
  readonly low: number;
  readonly high: number;
  readonly weight: number;
}

/**
 * For each target position, where the two source positions are, `stride` values apart, and the share of the second. Half-pixel centres, edges
 * repeated.
 */
function taps(source: number, target: number, stride: number, interpolation: Interpolation): Tap[] {
  return Array.from({ length: target }, (_, i) => {
    const position = interpolation === 'nearest' ? Math.floor((i * source) / target) : Math.max(((i + 0.5) * source) / target - 0.5, 0);
    const low = Math.min(Math.floor(position), source - 1);
    return { low: low * stride, high: (position > low ? Math.min(low + 1, source - 1) : low) * stride, weight: position - low };
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
  const rows = taps(from.height, height, from.width * from.pixelStride, interpolation);
  const columns = taps(from.width, width, from.pixelStride, interpolation);
  const { data } = images;
  for (let plane = 0; plane < batch * from.channels; plane++) {
    const sample = Math.floor(plane / from.channels);
    const channel = plane % from.channels;
    const source = sample * from.channels * from.height * from.width + channel * from.channelStride;
    let target = sample * to.channels * height * width + channel * to.channelStride;
    for (const row of rows) {
      const [above, below, down] = [source + row.low, source + row.high, row.weight];
      for (const { low, high, weight } of columns) {
        const top = data[above + low]! * (1 - weight) + data[above + high]! * weight;
        const bottom = data[below + low]! * (1 - weight) + data[below + high]! * weight;
        result.data[target] = top * (1 - down) + bottom * down;
        target += to.pixelStride;
      }
    }
  }
  return result;
}
