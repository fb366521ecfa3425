import * as tf from '@tensorflow/tfjs-core';

import { computeOnHost, type HostBackend } from './host-memory.ts';

interface PoolAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Geometry = tf.backend_util.Conv2DInfo;

function geometryOf(input: tf.TensorInfo, attrs: tf.NamedAttrMap | undefined): Geometry {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttributes;
  return tf.backend_util.computePool2DInfo(input.shape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode);
}

/** The part of a window that lies inside the image, and the offset of its output value. */
type VisitWindow = (rowStart: number, rowEnd: number, columnStart: number, columnEnd: number, output: number, image: number) => void;

function forEachWindow(geometry: Geometry, visit: VisitWindow): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth, padInfo } = geometry;
  for (let sample = 0; sample < batchSize; sample++) {
    for (let row = 0; row < outHeight; row++) {
      const top = row * strideHeight - padInfo.top;
      for (let column = 0; column < outWidth; column++) {
        const left = column * strideWidth - padInfo.left;
        visit(
          Math.max(0, top),
          Math.min(inHeight, top + geometry.effectiveFilterHeight),
          Math.max(0, left),
          Math.min(inWidth, left + geometry.effectiveFilterWidth),
          ((sample * outHeight + row) * outWidth + column) * inChannels,
          sample * inHeight * inWidth * inChannels,
        );
      }
    }
  }
}

/**
 * Kernel `MaxPoolGrad`: the gradient goes to the first maximum of each window in row-major order, as TensorFlow does it. The
 * WebAssembly kernel that ships takes the last one, and none where no value of the window is positive.
 */
export const maxPoolGradient: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const [dy, input] = [inputs['dy']!, inputs['input']!];
  const geometry = geometryOf(input, attrs);
  const { inWidth, inChannels } = geometry;
  return computeOnHost(backend as HostBackend, input.shape, [dy, input], (dx, gradient, x) => {
    forEachWindow(geometry, (rowStart, rowEnd, columnStart, columnEnd, output, image) => {
      for (let channel = 0; channel < inChannels; channel++) {
        let best = -1;
        let highest = -Infinity;
        for (let row = rowStart; row < rowEnd; row++) {
          let index = image + (row * inWidth + columnStart) * inChannels + channel;
          for (let column = columnStart; column < columnEnd; column++, index += inChannels) {
            const value = x[index]!;
            if (value > highest || best < 0) {
              highest = value;
              best = index;
            }
          }
        }
        if (best >= 0) dx[best]! += gradient[output + channel]!;
      }
    });
  });
};

/**
 * Kernel `AvgPoolGrad`: the gradient is shared among the values of the window that lie inside the image, by whose number the forward
 * pass divides. The kernels that ship divide by the size of the window also at borders.
 */
export const averagePoolGradient: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const [dy, input] = [inputs['dy']!, inputs['input']!];
  const geometry = geometryOf(input, attrs);
  const { inWidth, inChannels } = geometry;
  return computeOnHost(backend as HostBackend, input.shape, [dy], (dx, gradient) => {
    forEachWindow(geometry, (rowStart, rowEnd, columnStart, columnEnd, output, image) => {
      const share = 1 / Math.max((rowEnd - rowStart) * (columnEnd - columnStart), 1);
      for (let row = rowStart; row < rowEnd; row++) {
        for (let column = columnStart; column < columnEnd; column++) {
          const start = image + (row * inWidth + column) * inChannels;
          for (let channel = 0; channel < inChannels; channel++) dx[start + channel]! += gradient[output + channel]! * share;
        }
      }
    });
  });
};
