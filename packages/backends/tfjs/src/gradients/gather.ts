import * as tf from '@tensorflow/tfjs-core';

import { contractAxis } from './contract-axis.ts';

/** Gathering along an axis: the gradients of all places that read a value are summed. The one that ships needs a kernel wasm lacks. */
export const gatherGradient: tf.GradConfig = {
  kernelName: 'GatherV2',
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, saved, attrs) => {
    const [x, indices] = saved as [tf.Tensor, tf.Tensor];
    const { axis, batchDims } = attrs as unknown as tf.GatherV2Attrs;
    if (batchDims !== 0) throw new Error('gathering with batch dimensions is not covered');
    return {
      x: () => {
        const place = axis < 0 ? axis + x.rank : axis;
        const { shape } = x;
        const flat = tf.reshape(dy as tf.Tensor, [...shape.slice(0, place), indices.size, ...shape.slice(place + 1)]);
        const chosen = tf.cast(tf.oneHot(tf.cast(tf.reshape(indices, [-1]), 'int32'), shape[place]!), 'float32');
        return contractAxis(flat, place, chosen);
      },
    };
  },
};
