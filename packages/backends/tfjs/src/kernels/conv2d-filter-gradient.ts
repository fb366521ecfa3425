import * as tf from '@tensorflow/tfjs-core';

import { computeOnHost } from './host-memory.ts';

type Geometry = tf.backend_util.Conv2DInfo;

/** Copies what one tap of the filter meets in every window: a row for each channel, a column for each window, zeros in the padding. */
function meetTap(met: Float32Array, x: Float32Array, geometry: Geometry, row: number, column: number): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth } = geometry;
  const windows = batchSize * outHeight * outWidth;
  const top = row * geometry.dilationHeight - geometry.padInfo.top;
  const left = column * geometry.dilationWidth - geometry.padInfo.left;
  for (let sample = 0; sample < batchSize; sample++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      const y = outRow * strideHeight + top;
      if (y < 0 || y >= inHeight) continue;
      const line = (sample * inHeight + y) * inWidth;
      const window = (sample * outHeight + outRow) * outWidth;
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        const position = outColumn * strideWidth + left;
        if (position < 0 || position >= inWidth) continue;
        const read = (line + position) * inChannels;
        for (let channel = 0; channel < inChannels; channel++) met[channel * windows + window + outColumn] = x[read + channel]!;
      }
    }
  }
}

/**
 * The gradient of a convolution with respect to its filter, for any stride and dilation: for each row of the filter, a matrix product
 * of what its taps meet with the gradient. Both operands lie as the engine's fast matrix product wants them, untransposed.
 */
export function convolutionFilterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, geometry: Geometry, backend: object): tf.Tensor4D {
  const { filterHeight, filterWidth, inChannels, outChannels } = geometry;
  const gradient = tf.reshape(dy, [-1, outChannels]);
  const windows = gradient.shape[0]!;
  const size = inChannels * windows;
  const rows = Array.from({ length: filterHeight }, (_, row) =>
    tf.tidy(() => {
      const met = computeOnHost(backend, [filterWidth * inChannels, windows], [x], (values, source) => {
        for (let column = 0; column < filterWidth; column++) {
          meetTap(values.subarray(column * size, (column + 1) * size), source, geometry, row, column);
        }
      });
      return tf.matMul(met as tf.Tensor2D, gradient);
    }),
  );
  return tf.reshape(tf.stack(rows), [filterHeight, filterWidth, inChannels, outChannels]);
}

/** Kernel `Conv2DBackpropFilter`, channels last. */
export const conv2dFilterGradient: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const { strides, pad, dimRoundingMode, filterShape } = attrs as unknown as tf.Conv2DBackpropFilterAttrs;
  const x = inputs['x'] as tf.Tensor4D;
  const geometry = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
  return tf.tidy(() => convolutionFilterGradient(x, inputs['dy'] as tf.Tensor4D, geometry, backend));
};
