import * as tf from '@tensorflow/tfjs-core';

/** Kernel `OneHot` in numbers with a fraction for WebAssembly: the one that ships writes the bits of whole numbers. */
export const oneHot = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine has this kernel');
  const { depth, onValue, offValue, dtype } = call.attrs as unknown as tf.OneHotAttrs;
  if (dtype !== 'float32') return shipped(call);
  return tf.tidy(() => {
    const chosen = tf.cast(tf.oneHot(call.inputs['indices'] as tf.Tensor, depth), 'float32');
    return tf.add(tf.mul(chosen, onValue - offValue), offValue);
  });
};
