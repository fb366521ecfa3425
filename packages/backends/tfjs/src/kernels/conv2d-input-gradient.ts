import * as tf from '@tensorflow/tfjs-core';

import { alignGradient } from './align-gradient.ts';
import { isHostBackend } from './host-memory.ts';
import { phaseAxes, phaseConvolution } from './phase-convolution.ts';

/**
 * The gradient of a convolution with respect to its input, for any dilation: a convolution of the gradient with the flipped filter. It runs
 * on the forward kernel, which is far faster than the one that ships for this. With dilation the gradient is spread by the stride first.
 */
export function convolutionInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: tf.backend_util.Conv2DInfo,
): tf.Tensor4D {
  const backend = tf.backend();
  const axes = phaseAxes(geometry);
  if (isHostBackend(backend) && axes !== undefined) return phaseConvolution(dy, filter, axes, geometry, backend);
  const { values, pad } = alignGradient(dy, geometry);
  const flipped = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(values, flipped, 1, pad, 'NHWC', [geometry.dilationHeight, geometry.dilationWidth]);
}

/** Kernel `Conv2DBackpropInput`, channels last. */
export const conv2dInputGradient: tf.KernelFunc = ({ inputs, attrs }) => {
  const { strides, pad, dimRoundingMode, inputShape } = attrs as unknown as tf.Conv2DBackpropInputAttrs;
  const filter = inputs['filter'] as tf.Tensor4D;
  const geometry = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode);
  return tf.tidy(() => convolutionInputGradient(inputs['dy'] as tf.Tensor4D, filter, geometry));
};
