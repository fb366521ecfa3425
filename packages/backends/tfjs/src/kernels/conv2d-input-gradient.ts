import * as tf from '@tensorflow/tfjs-core';

import { alignGradient } from './align-gradient.ts';
import { computeOnHost, isHostBackend } from './host-memory.ts';

/** A filter [h, w, in, out] turned by 180 degrees and with its channels swapped: [h, w, out, in]. */
function flipFilter(filter: tf.Tensor4D): tf.Tensor4D {
  const backend = tf.backend();
  if (!isHostBackend(backend)) return tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  const [height, width, inputs, outputs] = filter.shape;
  const taps = height * width;
  const flippedFilter = computeOnHost(backend, [height, width, outputs, inputs], [filter], (flipped, values) => {
    for (let tap = 0; tap < taps; tap++) {
      const read = (taps - 1 - tap) * inputs * outputs;
      const write = tap * inputs * outputs;
      for (let input = 0; input < inputs; input++) {
        for (let output = 0; output < outputs; output++) {
          flipped[write + output * inputs + input] = values[read + input * outputs + output]!;
        }
      }
    }
  });
  return flippedFilter as tf.Tensor4D;
}

/**
 * The gradient of a convolution with respect to its input, for any dilation: a convolution of the gradient, spread by the stride,
 * with the flipped filter. It runs on the forward kernel, which is far faster than the one that ships for this.
 */
export function convolutionInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: tf.backend_util.Conv2DInfo,
): tf.Tensor4D {
  const { values, pad } = alignGradient(dy, geometry);
  return tf.conv2d(values, flipFilter(filter), 1, pad, 'NHWC', [geometry.dilationHeight, geometry.dilationWidth]);
}

/** Kernel `Conv2DBackpropInput`, channels last. */
export const conv2dInputGradient: tf.KernelFunc = ({ inputs, attrs }) => {
  const { strides, pad, dimRoundingMode, inputShape } = attrs as unknown as tf.Conv2DBackpropInputAttrs;
  const filter = inputs['filter'] as tf.Tensor4D;
  const geometry = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode);
  return tf.tidy(() => convolutionInputGradient(inputs['dy'] as tf.Tensor4D, filter, geometry));
};
