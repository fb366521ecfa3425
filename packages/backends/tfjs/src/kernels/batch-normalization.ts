import * as tf from '@tensorflow/tfjs-core';

/** Kernel `FusedBatchNorm` that is given a scale of one where it has none: what is kept for the gradient includes the scale. */
export const scaledBatchNormalization = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine has batch normalisation');
  call.inputs['scale'] ??= tf.ones(call.inputs['variance']!.shape);
  return shipped(call);
};
