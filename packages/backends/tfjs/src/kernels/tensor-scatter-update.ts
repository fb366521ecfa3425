import * as tf from '@tensorflow/tfjs-core';

/** Kernel `TensorScatterUpdate` for JavaScript: the one that ships writes into the tensor that it was given, be it a weight or a gradient. */
export const tensorScatterUpdate = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine has this kernel');
  const tensor = call.inputs['tensor'] as tf.Tensor;
  const copy = tf.tensor(tensor.dataSync().slice(), tensor.shape, tensor.dtype);
  try {
    return shipped({ ...call, inputs: { ...call.inputs, tensor: copy } });
  } finally {
    copy.dispose();
  }
};
