import * as tf from '@tensorflow/tfjs-core';

/** The running sum: the gradient runs the other way. The one that ships transposes it where the axis is not the last. */
export const cumulativeSumGradient: tf.GradConfig = {
  kernelName: 'Cumsum',
  gradFunc: (dy, _, attrs) => {
    const { axis, exclusive, reverse } = attrs as unknown as tf.CumsumAttrs;
    return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) };
  },
};
