import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs synchronous work and frees every tensor that it made and did not keep. Unlike `tidy` it looks for no tensors in the result,
 * which takes long where the result holds arrays.
 */
export function inScope<Result>(work: () => Result): Result {
  tf.engine().startScope('pellucid');
  try {
    return work();
  } finally {
    tf.engine().endScope();
  }
}
