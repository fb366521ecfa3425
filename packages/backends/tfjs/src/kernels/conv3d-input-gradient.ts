import * as tf from '@tensorflow/tfjs-core';

import { placeAlong } from './place-along.ts';

type Geometry = tf.backend_util.Conv3DInfo;

/** A filter [depth, height, width, in, out] turned round in all three, with its channels swapped. */
function flipFilter(filter: tf.Tensor5D): tf.Tensor5D {
  const [depth, height, width, inputs, outputs] = filter.shape;
  const taps = tf.reverse(tf.reshape(filter, [depth * height * width, inputs, outputs]), 0);
  return tf.reshape(tf.transpose(taps, [0, 2, 1]), [depth, height, width, outputs, inputs]);
}

/**
 * The gradient of a 3-D convolution with respect to its input [N, depth, height, width, channels], for any dilation: a convolution of the
 * gradient, spread by the stride, with the flipped filter.
 */
export function convolution3dInputGradient(dy: tf.Tensor5D, filter: tf.Tensor5D, geometry: Geometry): tf.Tensor5D {
  const { inDepth, inHeight, inWidth, padInfo, strideDepth, strideHeight, strideWidth } = geometry;
  const { effectiveFilterDepth, effectiveFilterHeight, effectiveFilterWidth, dilationDepth, dilationHeight, dilationWidth } = geometry;
  const placed = (
    [
      [inDepth, effectiveFilterDepth, padInfo.front, strideDepth],
      [inHeight, effectiveFilterHeight, padInfo.top, strideHeight],
      [inWidth, effectiveFilterWidth, padInfo.left, strideWidth],
    ] as const
  ).reduce<tf.Tensor>(
    (values, [length, reach, pad, stride], i) => placeAlong(values, i + 1, { start: reach - 1 - pad, stride, length: length + reach - 1 }),
    dy,
  );
  return tf.conv3d(placed as tf.Tensor5D, flipFilter(filter), 1, 'valid', 'NDHWC', [dilationDepth, dilationHeight, dilationWidth]);
}

/** Kernel `Conv3DBackpropInputV2`. */
export const conv3dInputGradient: tf.KernelFunc = ({ inputs, attrs }) => {
  const { strides, pad, inputShape } = attrs as unknown as tf.Conv3DBackpropInputV2Attrs;
  const filter = inputs['filter'] as tf.Tensor5D;
  const geometry = tf.backend_util.computeConv3DInfo(inputShape, filter.shape, strides, 1, pad);
  return tf.tidy(() => convolution3dInputGradient(inputs['dy'] as tf.Tensor5D, filter, geometry));
};
