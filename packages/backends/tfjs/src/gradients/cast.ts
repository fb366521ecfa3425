import * as tf from '@tensorflow/tfjs-core';

/** A change of type. One to whole numbers or truth values is flat; the gradient that ships passes it as if it were smooth. */
export const castGradient: tf.GradConfig = {
  kernelName: 'Cast',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    const { dtype } = attrs as unknown as tf.CastAttrs;
    const smooth = dtype === 'float32' && x.dtype === 'float32';
    return { x: () => (smooth ? (dy as tf.Tensor) : tf.zeros(x.shape)) };
  },
};
