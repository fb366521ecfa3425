import * as tf from '@tensorflow/tfjs-core';

/**
 * Kernel `GatherV2` that counts axes from the end (tensorflow refuses them) and, on WebAssembly, gathers batches with indices of their own
 * as one: the kernel that ships reads those of the first batch for all.
 */
export const gather = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine can gather');
  const { axis: given, batchDims } = call.attrs as unknown as tf.GatherV2Attrs;
  const x = call.inputs['x'] as tf.Tensor;
  const axis = given < 0 ? given + x.shape.length : given;
  if (batchDims === 0 || tf.getBackend() !== 'wasm') return shipped({ ...call, attrs: { axis, batchDims } });
  const indices = call.inputs['indices'] as tf.Tensor;
  const size = (from: number, to?: number): number => tf.util.sizeFromShape(x.shape.slice(from, to));
  const [batches, outer, length, inner] = [size(0, batchDims), size(batchDims, axis), x.shape[axis]!, size(axis + 1)];
  return tf.tidy(() => {
    const starts = tf.reshape(tf.range(0, batches * outer, 1, 'int32'), [batches, outer, 1]);
    const rows = tf.add(tf.mul(starts, tf.scalar(length, 'int32')), tf.reshape(tf.cast(indices, 'int32'), [batches, 1, -1]));
    const gathered = tf.gather(tf.reshape(x, [batches * outer * length, inner]), tf.cast(rows, 'int32'));
    return tf.reshape(gathered, [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)]);
  });
};
