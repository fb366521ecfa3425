import * as tf from '@tensorflow/tfjs-core';

/**
 * The product over axes: each value's gradient is the product of the others, those before it times those behind it, so that zeros do no
 * harm. The one that ships calls methods that are not there.
 */
export const productGradient: tf.GradConfig = {
  kernelName: 'Prod',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    const { axis } = attrs as { readonly axis?: number | number[] | null };
    const axes = tf.util.parseAxisParam(axis ?? x.shape.map((_, i) => i), x.shape);
    return {
      x: () => {
        const order = [...x.shape.keys()].filter((i) => !axes.includes(i)).concat(axes);
        const moved = tf.transpose(x, order);
        const rows = tf.reshape(moved, [-1, axes.reduce((product, i) => product * x.shape[i]!, 1)]);
        const others = tf.mul(tf.cumprod(rows, 1, true, false), tf.cumprod(rows, 1, true, true));
        const gradient = tf.reshape(tf.mul(others, tf.reshape(dy as tf.Tensor, [-1, 1])), moved.shape);
        return tf.transpose(gradient, tf.backend_util.getUndoAxesPermutation(order));
      },
    };
  },
};
