import * as tf from '@tensorflow/tfjs-core';

import { alignGradient } from './align-gradient.ts';
import { deriveOnce } from './derived-weights.ts';
import { computeUntracked } from './host-memory.ts';

/** A filter [height, width, channels, multiplier] turned by 180 degrees, for one input channel per output: [height, width, all, 1]. */
function turnFilter(filter: tf.Tensor4D): tf.TensorInfo {
  const [height, width, channels, multiplier] = filter.shape;
  const [taps, outputs] = [height * width, channels * multiplier];
  const backend = tf.backend();
  return deriveOnce(backend, [filter], 'turned', () =>
    computeUntracked(backend, [height, width, outputs, 1], [filter], (turned, values) => {
      for (let tap = 0; tap < taps; tap++) turned.set(values.subarray((taps - 1 - tap) * outputs, (taps - tap) * outputs), tap * outputs);
    }),
  );
}

/** The gradient of a depthwise convolution with respect to its input: one of the gradient with the turned filter. */
export function depthwiseConvolutionInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: tf.backend_util.Conv2DInfo,
): tf.Tensor4D {
  const { values, pad } = alignGradient(dy, geometry);
  const multiplier = filter.shape[3];
  const dilations: [number, number] = [geometry.dilationHeight, geometry.dilationWidth];
  const attrs = { strides: [1, 1], pad, dataFormat: 'NHWC', dilations } as unknown as tf.NamedAttrMap;
  const perOutput = tf.engine().runKernel<tf.Tensor4D>('DepthwiseConv2dNative', { x: values, filter: turnFilter(filter) as tf.Tensor4D }, attrs);
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
