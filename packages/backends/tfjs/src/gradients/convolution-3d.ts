import * as tf from '@tensorflow/tfjs-core';

import { convolution3dInputGradient } from '../kernels/conv3d-input-gradient.ts';

type Triple = [number, number, number] | number;

/** A 3-D convolution, channels last. The gradient that ships refuses dilation. */
export const convolution3dGradient = (shipped: tf.GradConfig | undefined): tf.GradConfig => {
  if (shipped === undefined) throw new Error('internal: the library ships this gradient');
  return {
    ...shipped,
    gradFunc: (dy, saved, attrs) => {
      const { strides, pad, dilations } = attrs as unknown as tf.Conv3DAttrs & { readonly dilations: Triple };
      if ([dilations].flat().every((dilation) => dilation === 1)) return shipped.gradFunc(dy, saved, attrs);
      const [x, filter] = saved as [tf.Tensor5D, tf.Tensor5D];
      const geometry = tf.backend_util.computeConv3DInfo(x.shape, filter.shape, strides, dilations, pad);
      return { x: () => convolution3dInputGradient(dy as tf.Tensor5D, filter, geometry) };
    },
  };
};

/** A transposed 3-D convolution is the gradient of a convolution, so its own gradient is that convolution. The library ships none. */
export const transposedConvolution3dGradient: tf.GradConfig = {
  kernelName: 'Conv3DBackpropInputV2',
  inputsToSave: ['filter'],
  gradFunc: (dy, saved, attrs) => {
    const [filter] = saved as [tf.Tensor5D];
    const { strides, pad } = attrs as unknown as tf.Conv3DBackpropInputV2Attrs;
    return { dy: () => tf.conv3d(dy as tf.Tensor5D, filter, strides, pad) };
  },
};
