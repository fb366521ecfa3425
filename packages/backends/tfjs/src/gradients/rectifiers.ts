import * as tf from '@tensorflow/tfjs-core';

import { computeOnHost, isHostBackend, isWasm } from '../kernels/host-memory.ts';

/** The part of TensorFlow's engine that runs an operation by its name. */
interface NativeBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  executeSingleOutput(name: string, attributes: readonly object[], inputs: readonly tf.Tensor[]): tf.Tensor;
}

/** One where 0 < y < ceiling, else zero, by operations that use all lanes of WebAssembly; its comparisons take ten times as long. */
function passing(y: tf.Tensor, ceiling: number): tf.Tensor {
  if (ceiling === Infinity) return tf.step(y);
  // The product is positive between its zeros, and cannot be rounded to zero anywhere else.
  return tf.step(tf.mul(y, tf.sub(ceiling, y)));
}

/**
 * A rectifier with or without a ceiling: the gradient passes where 0 < y < ceiling, which is where 0 < x < ceiling. The one that ships keeps x, where y is
 * what the next operation keeps anyway, and builds masks from up to seven operations; TensorFlow has one for it, and WebAssembly fast ones.
 */
export const rectifierGradient = (kernelName: 'Relu' | 'Relu6', ceiling: number) => (): tf.GradConfig => ({
  kernelName,
  outputsToSave: [true],
  gradFunc: (dy, saved) => {
    const gradient = dy as tf.Tensor;
    const [y] = saved as [tf.Tensor];
    return {
      x: () => {
        const backend = tf.backend();
        if (!isHostBackend(backend)) {
          const { binding, executeSingleOutput } = backend as unknown as NativeBackend;
          const attributes = [{ name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }];
          return executeSingleOutput.call(backend, `${kernelName}Grad`, attributes, [gradient, y]);
        }
        if (isWasm(backend)) return tf.mul(gradient, passing(y, ceiling));
        return computeOnHost(backend, y.shape, [gradient, y], (dx, above, values) => {
          for (let i = 0; i < values.length; i++) if (values[i]! > 0 && values[i]! < ceiling) dx[i] = above[i]!;
        });
      },
    };
  },
});
