import * as tf from '@tensorflow/tfjs-core';

/**
 * The maximum or minimum over axes: the gradient is shared evenly among equal extremes, as TensorFlow does it. The one that ships
 * gives each of them the whole.
 */
export const extremumGradient = (kernelName: 'Max' | 'Min') => (): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => {
    const [x, y] = saved as [tf.Tensor, tf.Tensor];
    const reduced = (attrs['reductionIndices'] ?? attrs['axis'] ?? x.shape.map((_, axis) => axis)) as number | number[];
    const axes = tf.util.parseAxisParam(reduced, x.shape);
    const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
    return {
      x: () => {
        const ties = tf.cast(tf.equal(x, tf.reshape(y, kept)), 'float32');
        return tf.mul(ties, tf.div(tf.reshape(dy as tf.Tensor, kept), tf.sum(ties, axes, true)));
      },
    };
  },
});
