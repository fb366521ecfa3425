import * as tf from '@tensorflow/tfjs-core';

import { contractAxis } from '../kernels/contract-axis.ts';

type Resize = (images: tf.Tensor4D, size: [number, number], alignCorners?: boolean, halfPixelCenters?: boolean) => tf.Tensor4D;

/**
 * Resizing is linear in the image and separable in its axes, y = A x B^T. The matrices are what the engine's own forward pass makes of
 * unit vectors, so the gradient A^T dy B fits its rounding and its corners exactly.
 */
export const resizeGradient = (kernelName: string, resize: Resize) => (): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['images'],
  gradFunc: (dy, saved, attrs) => {
    const [images] = saved as [tf.Tensor4D];
    const { alignCorners, halfPixelCenters, size } = attrs as unknown as tf.ResizeBilinearAttrs;
    const matrix = (length: number, resized: number): tf.Tensor2D => {
      const units = tf.reshape(tf.eye(length), [1, length, 1, length]) as tf.Tensor4D;
      return tf.reshape(resize(units, [resized, 1], alignCorners, halfPixelCenters), [resized, length]);
    };
    const [, height, width] = images.shape;
    return {
      images: () => contractAxis(contractAxis(dy as tf.Tensor, 1, matrix(height, size[0])), 2, matrix(width, size[1])),
    };
  },
});
