import type { MapGeometry } from './map-layers.ts';

/** The values of a layer in the order of the equations: channel by channel, then pixel by pixel. */
export function channelByChannel(values: Float32Array, geometry: MapGeometry): Float32Array {
  const { channels, height, width, offset, channelStride, pixelStride } = geometry;
  const pixels = height * width;
  // Nothing is copied where they lie so.
  if (offset === 0 && pixelStride === 1) return values;
  const ordered = new Float32Array(channels * pixels);
  for (let channel = 0; channel < channels; channel++) {
    const start = offset + channel * channelStride;
    for (let p = 0; p < pixels; p++) ordered[channel * pixels + p] = values[start + p * pixelStride]!;
  }
  return ordered;
}
