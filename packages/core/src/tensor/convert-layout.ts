import { batchSize } from './batch.ts';
import { imageGeometry, imageShape, type Layout } from './layout.ts';
import { zeros, type Tensor } from './tensor.ts';

/** A batch of images in another layout (NCHW, NHWC); the same object when the layout is already right. */
export function convertLayout(images: Tensor, from: Layout, to: Layout): Tensor {
  if (from === to) return images;
  const source = imageGeometry(images.shape, from);
  const { channels, height, width } = source;
  const result = zeros(imageShape(to, batchSize(images), channels, height, width));
  const target = imageGeometry(result.shape, to);
  const size = channels * height * width;
  for (let sample = 0; sample < batchSize(images); sample++) {
    for (let channel = 0; channel < channels; channel++) {
      const read = sample * size + channel * source.channelStride;
      const write = sample * size + channel * target.channelStride;
      for (let pixel = 0; pixel < height * width; pixel++) {
        result.data[write + pixel * target.pixelStride] = images.data[read + pixel * source.pixelStride]!;
      }
    }
  }
  return result;
}
