import * as tf from '@tensorflow/tfjs-core';

/** Values written over others by coordinates: what was overwritten has no gradient left. The library ships none. */
export const tensorScatterUpdateGradient: tf.GradConfig = {
  kernelName: 'TensorScatterUpdate',
  inputsToSave: ['indices', 'updates'],
  gradFunc: (dy, saved) => {
    const gradient = dy as tf.Tensor;
    const [indices, updates] = saved as [tf.Tensor, tf.Tensor];
    return {
      tensor: () => tf.tensorScatterUpdate(gradient, indices, tf.zerosLike(updates)),
      updates: () => tf.gatherND(gradient, indices),
    };
  },
};
