import * as tf from '@tensorflow/tfjs-core';

import { computeOnHost, isHostBackend, isWasm } from '../kernels/host-memory.ts';

/**
 * Values held between two bounds: the gradient passes where they did not change. The one that ships builds its mask from comparisons, which take long on
 * WebAssembly.
 */
export const clipGradient: tf.GradConfig = {
  kernelName: 'ClipByValue',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const gradient = dy as tf.Tensor;
    const [x] = saved as [tf.Tensor];
    const { clipValueMin, clipValueMax } = attrs as unknown as tf.ClipByValueAttrs;
    return {
      x: () => {
        const backend = tf.backend();
        if (!isHostBackend(backend)) return tf.mul(gradient, tf.cast(tf.equal(x, tf.clipByValue(x, clipValueMin, clipValueMax)), 'float32'));
        if (isWasm(backend)) {
          const outside = tf.add(tf.step(tf.sub(x, clipValueMax)), tf.step(tf.sub(clipValueMin, x)));
          return tf.mul(gradient, tf.sub(1, outside));
        }
        return computeOnHost(backend, x.shape, [gradient, x], (dx, above, values) => {
          for (let i = 0; i < values.length; i++) if (values[i]! >= clipValueMin && values[i]! <= clipValueMax) dx[i] = above[i]!;
        });
      },
    };
  },
};
