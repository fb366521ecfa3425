import * as tf from '@tensorflow/tfjs-core';

import { contractAxis } from '../kernels/contract-axis.ts';

/** A slice with steps: the gradient goes back to the places that were read, zero elsewhere. The library ships none. */
export const stridedSliceGradient: tf.GradConfig = {
  kernelName: 'StridedSlice',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs as unknown as tf.StridedSliceAttrs;
    const { shape } = x;
    const info = tf.slice_util.sliceInfo(shape, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask);
    const lengths = tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
    return {
      x: () =>
        shape.reduce(
          (gradient, length, axis) => {
            const [first, step, count] = [info.begin[axis]!, info.strides[axis]!, lengths[axis]!];
            if (count === length && step === 1) return gradient;
            const places = Array.from({ length: count }, (_, i) => first + i * step);
            return contractAxis(gradient, axis, tf.cast(tf.oneHot(tf.tensor1d(places, 'int32'), length), 'float32'));
          },
          tf.reshape(dy as tf.Tensor, lengths),
        ),
    };
  },
};
