import * as tf from '@tensorflow/tfjs-core';

/** Moving channels into blocks of pixels, channels last: the gradient moves them back. The library ships none. */
export const depthToSpaceGradient: tf.GradConfig = {
  kernelName: 'DepthToSpace',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor4D];
    const { blockSize, dataFormat } = attrs as unknown as tf.DepthToSpaceAttrs;
    if (dataFormat !== 'NHWC') throw new Error('channels first is not covered');
    const [batch, height, width, channels] = x.shape;
    const block = channels / (blockSize * blockSize);
    return {
      x: () => {
        // The engines transpose at most six axes, and some fewer: rows and columns are moved one after the other.
        const rows = tf.reshape(dy as tf.Tensor, [batch * height, blockSize, width, blockSize * block]);
        return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [batch, height, width, channels]);
      },
    };
  },
};
