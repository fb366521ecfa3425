import * as tf from '@tensorflow/tfjs-core';

/**
 * Cutting boxes out of images and resizing them is linear in the images and separable in their axes: box k gives A_k x B_k^T. The matrices
 * are what the engine's own forward pass makes of unit vectors, so the gradient A_k^T dy B_k fits its rounding and its borders exactly;
 * those of the boxes of one image are summed. The library ships none. The boxes themselves are constants.
 */
export const cropAndResizeGradient: tf.GradConfig = {
  kernelName: 'CropAndResize',
  inputsToSave: ['image', 'boxes', 'boxInd'],
  gradFunc: (dy, saved, attrs) => {
    const [image, boxes, owners] = saved as [tf.Tensor4D, tf.Tensor2D, tf.Tensor1D];
    const { cropSize, method } = attrs as unknown as tf.CropAndResizeAttrs;
    if (method === 'nearest' && tf.getBackend() === 'wasm') throw new Error('on this engine the forward pass takes other neighbours');
    const [images, height, width, channels] = image.shape;
    const [rows, columns] = cropSize;
    const count = boxes.shape[0];
    const first = tf.zerosLike(owners);
    /** [boxes, resized, length]: how the rows of a crop are made of those of the image, by their borders [boxes, 2]. */
    const matrices = (length: number, resized: number, axis: 0 | 1): tf.Tensor3D => {
      const units = tf.reshape(tf.eye(length), [1, length, 1, length]) as tf.Tensor4D;
      const [start, end] = [tf.slice(boxes, [0, axis], [count, 1]), tf.slice(boxes, [0, axis + 2], [count, 1])];
      const whole = tf.zerosLike(start);
      const borders = tf.concat([start, whole, end, whole], 1) as tf.Tensor2D;
      return tf.reshape(tf.image.cropAndResize(units, borders, first, [resized, 1], method, 0), [count, resized, length]);
    };
    return {
      image: () => {
        const byRows = tf.reshape(dy as tf.Tensor, [count, rows, columns * channels]);
        const stretched = tf.matMul(matrices(height, rows, 0), byRows, true);
        // Rows of the image become batches, so that columns can be multiplied from the left as well.
        const byColumns = tf.reshape(tf.transpose(tf.reshape(stretched, [count, height, columns, channels]), [0, 2, 1, 3]), [count, columns, -1]);
        const spread = tf.reshape(tf.matMul(matrices(width, columns, 1), byColumns, true), [count, width, height, channels]);
        const flat = tf.reshape(tf.transpose(spread, [0, 2, 1, 3]), [count, height * width * channels]);
        const owned = tf.cast(tf.oneHot(tf.cast(owners, 'int32'), images), 'float32');
        return tf.reshape(tf.matMul(owned, flat, true), image.shape);
      },
    };
  },
};
