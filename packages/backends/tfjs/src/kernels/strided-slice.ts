import * as tf from '@tensorflow/tfjs-core';

/** WebAssembly reads whole numbers as bits of others when it takes steps. */
const readsBits = ({ dtype }: tf.Tensor): boolean => dtype !== 'float32' && tf.getBackend() === 'wasm';

/**
 * Kernel `StridedSlice` that walks backwards and drops or adds axes: the ones that ship take the steps of other axes there. What is read backwards is
 * turned first, and axes come and go by reshaping.
 */
export const stridedSlice = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine can slice');
  const x = call.inputs['x'] as tf.Tensor;
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = call.attrs as unknown as tf.StridedSliceAttrs;
  const info = tf.slice_util.sliceInfo(x.shape, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask);
  const forwards = info.strides.every((step) => step > 0);
  const plain = tf.util.arraysEqual(info.finalShape, tf.slice_util.computeOutShape(info.begin, info.end, info.strides));
  if (info.strides.every((step) => step === 1) || (forwards && plain && !readsBits(x))) return shipped(call);
  const turned = (places: readonly number[]): number[] => places.map((place, axis) => (info.strides[axis]! < 0 ? x.shape[axis]! - 1 - place : place));
  return tf.tidy(() => {
    const backwards = info.strides.flatMap((step, axis) => (step < 0 ? [axis] : []));
    const numbers = readsBits(x) ? tf.cast(x, 'float32') : x;
    const source = backwards.length === 0 ? numbers : tf.reverse(numbers, backwards);
    const taken = tf.stridedSlice(source, turned(info.begin), turned(info.end), info.strides.map(Math.abs));
    return tf.cast(tf.reshape(taken, info.finalShape), x.dtype);
  });
};
