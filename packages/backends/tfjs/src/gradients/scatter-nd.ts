import * as tf from '@tensorflow/tfjs-core';

/** Values added into zeros by coordinates: each has the gradient of its place. The library ships none. */
export const scatterNdGradient: tf.GradConfig = {
  kernelName: 'ScatterNd',
  inputsToSave: ['indices'],
  gradFunc: (dy, saved) => {
    const [indices] = saved as [tf.Tensor];
    return { updates: () => tf.gatherND(dy as tf.Tensor, indices) };
  },
};
