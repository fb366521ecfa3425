import * as tf from '@tensorflow/tfjs-core';

import { computeOnHost } from './host-memory.ts';

/**
 * Kernel `Slice` that copies what lies side by side at once: of an image without its margins, whole rows. The one that ships for WebAssembly copies
 * the channels of one place at a time.
 */
export const slice = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine can slice');
  const x = call.inputs['x'] as tf.Tensor;
  const { begin, size } = call.attrs as unknown as tf.SliceAttrs;
  const [first, lengths] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
  if (x.dtype !== 'float32' || lengths.includes(0)) return shipped(call);
  const { shape } = x;
  const whole = shape.map((length, axis) => lengths[axis] === length);
  // Behind the last axis that is cut, everything is copied.
  const cut = Math.max(0, whole.lastIndexOf(false));
  const inner = tf.util.sizeFromShape(shape.slice(cut + 1));
  const [run, outer] = [lengths[cut]! * inner, lengths.slice(0, cut)];
  const strides = tf.util.computeStrides([...shape.slice(0, cut + 1), 1]);
  return computeOnHost(call.backend, lengths, [x], (result, values) => {
    const place = new Array<number>(cut).fill(0);
    for (let write = 0; write < result.length; write += run) {
      const read = place.reduce((sum, index, axis) => sum + (index + first[axis]!) * strides[axis]!, first[cut]!) * inner;
      result.set(values.subarray(read, read + run), write);
      for (let axis = cut - 1; axis >= 0; axis--) {
        place[axis] = (place[axis]! + 1) % outer[axis]!;
        if (place[axis] !== 0) break;
      }
    }
  });
};
