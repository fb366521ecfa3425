import * as tf from '@tensorflow/tfjs-core';

/**
 * Gathering along an axis: the gradients of all places that read a value are summed. With batch dimensions every batch has indices of its
 * own. The one that ships needs a kernel wasm lacks, and knows no batch dimensions.
 */
export const gatherGradient: tf.GradConfig = {
  kernelName: 'GatherV2',
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, saved, attrs) => {
    const [x, indices] = saved as [tf.Tensor, tf.Tensor];
    const { axis, batchDims } = attrs as unknown as tf.GatherV2Attrs;
    return {
      x: () => {
        const place = axis < 0 ? axis + x.rank : axis;
        const length = x.shape[place]!;
        const size = (from: number, to?: number): number => tf.util.sizeFromShape(x.shape.slice(from, to));
        const [batches, outer, inner] = [size(0, batchDims), size(batchDims, place), size(place + 1)];
        const count = indices.size / batches;
        const chosen = tf.cast(tf.oneHot(tf.cast(tf.reshape(indices, [-1]), 'int32'), length), 'float32');
        const repeated = tf.tile(tf.reshape(chosen, [batches, 1, count, length]), [1, outer, 1, 1]);
        const gradient = tf.reshape(dy as tf.Tensor, [batches * outer, count, inner]);
        return tf.reshape(tf.matMul(tf.reshape(repeated, [batches * outer, count, length]), gradient, true), x.shape);
      },
    };
  },
};
