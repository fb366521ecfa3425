import * as tf from '@tensorflow/tfjs-core';

import { alignGradient } from './align-gradient.ts';

/** The gradient of a depthwise convolution with respect to its input: one of the gradient with the filter turned by 180 degrees. */
export function depthwiseConvolutionInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: tf.backend_util.Conv2DInfo,
): tf.Tensor4D {
  const { values, pad } = alignGradient(dy, geometry);
  const [height, width, channels, multiplier] = filter.shape;
  const flipped = tf.reshape(tf.reverse(filter, [0, 1]), [height, width, channels * multiplier, 1]) as tf.Tensor4D;
  const dilations: [number, number] = [geometry.dilationHeight, geometry.dilationWidth];
  const perOutput = tf.depthwiseConv2d(values, flipped, 1, pad, 'NHWC', dilations);
  return multiplier === 1 ? perOutput : tf.sum(tf.reshape(perOutput, [...geometry.inShape, multiplier]), 4);
}

/** Kernel `DepthwiseConv2dNativeBackpropInput`. */
export const depthwiseInputGradient: tf.KernelFunc = ({ inputs, attrs }) => {
  const { strides, pad, dilations, dimRoundingMode, inputShape } = attrs as unknown as tf.DepthwiseConv2dNativeBackpropInputAttrs;
  const filter = inputs['filter'] as tf.Tensor4D;
  const geometry = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, dilations ?? 1, pad, dimRoundingMode, true);
  return tf.tidy(() => depthwiseConvolutionInputGradient(inputs['dy'] as tf.Tensor4D, filter, geometry));
};

/** Kernel `DepthwiseConv2dNativeBackpropFilter`: for each tap, what it met times the gradient, summed over batch and space. */
export const depthwiseFilterGradient: tf.KernelFunc = ({ inputs, attrs }) => {
  const { strides, pad, dilations, dimRoundingMode, filterShape } = attrs as unknown as tf.DepthwiseConv2dNativeBackpropFilterAttrs;
  const [x, dy] = [inputs['x'] as tf.Tensor4D, inputs['dy'] as tf.Tensor4D];
  const geometry = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, dilations ?? 1, pad, dimRoundingMode, true);
  const { outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = geometry;
  const [height, width, channels, multiplier] = filterShape;
  return tf.tidy(() => {
    const { padInfo } = geometry;
    const padded = tf.pad(x, [[0, 0], [padInfo.top, padInfo.bottom], [padInfo.left, padInfo.right], [0, 0]]);
    const gradient = tf.reshape(dy, [-1, channels, multiplier]);
    const taps: tf.Tensor[] = [];
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [top, left] = [row * dilationHeight, column * dilationWidth];
        const end = [x.shape[0], top + (outHeight - 1) * strideHeight + 1, left + (outWidth - 1) * strideWidth + 1, channels];
        taps.push(
          tf.tidy(() => {
            const met = tf.stridedSlice(padded, [0, top, left, 0], end, [1, strideHeight, strideWidth, 1]);
            return tf.sum(tf.mul(tf.reshape(met, [-1, channels, 1]), gradient), 0);
          }),
        );
      }
    }
    return tf.reshape(tf.stack(taps), filterShape);
  });
};
