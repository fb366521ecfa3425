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
  const axes = phaseAxes(geometry);
  if (axes !== undefined) return phaseConvolution(dy, filter, axes, geometry, tf.backend());
  const { values, pad } = alignGradient(dy, geometry);
  const flipped = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(values, flipped, 1, pad, 'NHWC', [geometry.dilationHeight, geometry.dilationWidth]);
}

/**
 * Below this many channels TensorFlow's kernel leaves most of its lanes idle where there is a stride; above, and with a stride, it is as fast
 * as a forward convolution.
 */
const FEW_CHANNELS = 16;

/** Kernel `Conv2DBackpropInput`. */
export const conv2dInputGradient = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  const { inputs, attrs, backend } = call;
  const { strides, pad, dimRoundingMode, inputShape, dataFormat } = attrs as unknown as tf.Conv2DBackpropInputAttrs;
  const filter = inputs['filter'] as tf.Tensor4D;
  // Channels first is rare and runs on the JavaScript engine alone.
  if (dataFormat === 'NCHW' && shipped !== undefined) return shipped(call);
  const geometry = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode);
  const strided = geometry.strideHeight > 1 || geometry.strideWidth > 1;
  if (shipped !== undefined && !isHostBackend(backend as object) && strided && geometry.inChannels >= FEW_CHANNELS) return shipped(call);
  return tf.tidy(() => convolutionInputGradient(inputs['dy'] as tf.Tensor4D, filter, geometry));
};
