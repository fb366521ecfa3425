import * as tf from '@tensorflow/tfjs-core';

/** Values read by coordinates: the gradient goes back to them, summed where a place was read more than once. The library ships none. */
export const gatherNdGradient: tf.GradConfig = {
  kernelName: 'GatherNd',
  inputsToSave: ['params', 'indices'],
  gradFunc: (dy, saved) => {
    const [params, indices] = saved as [tf.Tensor, tf.Tensor];
    return { params: () => tf.scatterND(indices, dy as tf.Tensor, params.shape) };
  },
};
