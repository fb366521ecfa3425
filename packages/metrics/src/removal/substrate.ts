import { batchSize, gaussianBlur, imageGeometry, zeros, type Layout, type Tensor } from '@pellucid/core';

/** What a pixel may hold whatever else is taken away: zero; the mean of its channel over the sample; the sample, blurred. */
export type FixedSubstrate = 'zero' | 'mean' | 'blur';

/** Size and width of the blur in RISE. */
const KERNEL = 11;
const SIGMA = 5;

function channelMeans(input: Tensor, layout: Layout): Tensor {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(input.shape, layout);
  const pixels = height * width;
  const result = zeros(input.shape);
  for (let plane = 0; plane < batchSize(input) * channels; plane++) {
    const offset = Math.floor(plane / channels) * channels * pixels + (plane % channels) * channelStride;
    let sum = 0;
    for (let pixel = 0; pixel < pixels; pixel++) sum += input.data[offset + pixel * pixelStride]!;
    for (let pixel = 0; pixel < pixels; pixel++) result.data[offset + pixel * pixelStride] = sum / pixels;
  }
  return result;
}

/** The kernel is 11 pixels wide, or the longest odd number that fits into the image, with sigma in proportion. */
function blur(input: Tensor, layout: Layout): Tensor {
  const { height, width } = imageGeometry(input.shape, layout);
  const shortest = Math.min(height, width);
  const kernel = Math.min(KERNEL, shortest % 2 === 1 ? shortest : shortest - 1);
  return gaussianBlur(input, layout, (SIGMA * kernel) / KERNEL, kernel);
}

/** The batch without information: each sample's substrate depends on that sample alone. */
export function makeSubstrate(substrate: FixedSubstrate, input: Tensor, layout: Layout): Tensor {
  switch (substrate) {
    case 'zero':
      return zeros(input.shape);
    case 'mean':
      return channelMeans(input, layout);
    case 'blur':
      return blur(input, layout);
  }
}
