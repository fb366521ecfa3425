import * as tf from '@tensorflow/tfjs-core';

/** The largest values along the last axis: the gradient of each goes back to the place it was read from. The library ships none. */
export const topKGradient: tf.GradConfig = {
  kernelName: 'TopK',
  inputsToSave: ['x'],
  outputsToSave: [false, true],
  gradFunc: (dy, saved) => {
    const [x, indices] = saved as [tf.Tensor, tf.Tensor];
    const [gradient] = dy as unknown as [tf.Tensor, tf.Tensor];
    const [count, length] = [indices.shape[indices.rank - 1]!, x.shape[x.rank - 1]!];
    return {
      x: () => {
        const places = tf.cast(tf.oneHot(tf.reshape(indices, [-1]), length), 'float32');
        return tf.reshape(tf.matMul(tf.reshape(gradient, [-1, 1, count]), tf.reshape(places, [-1, count, length])), x.shape);
      },
    };
  },
};
