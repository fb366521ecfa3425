import type { KernelFunc } from '@tensorflow/tfjs-core';

import { computeOnHost } from './host-memory.ts';
import { forEachWindow, poolGeometry, type PoolGeometry } from './pool-windows.ts';

/** Gives the gradient of every window to the first of its values that is the maximum. Looking for a known maximum reads fewer values than finding it. */
function routeToMaxima(dx: Float32Array, gradient: Float32Array, x: Float32Array, maxima: Float32Array, geometry: PoolGeometry): void {
  const { channels, rows, columns } = geometry;
  forEachWindow(geometry, (planes, lines, places, output, sample) => {
    const find = (maximum: number, channel: number): number => {
      for (let plane = planes.start; plane < planes.end; plane++) {
        for (let line = lines.start; line < lines.end; line++) {
          let index = sample + ((plane * rows.length + line) * columns.length + places.start) * channels + channel;
          for (let place = places.start; place < places.end; place++, index += channels) if (x[index] === maximum) return index;
        }
      }
      return -1;
    };
    for (let channel = 0; channel < channels; channel++) {
      const index = find(maxima[output + channel]!, channel);
      if (index >= 0) dx[index]! += gradient[output + channel]!;
    }
  });
}

/**
 * Kernels `MaxPoolGrad` and `MaxPool3DGrad`: the gradient goes to the first maximum of each window in row-major order, as TensorFlow does
 * it in two dimensions. The WebAssembly kernel that ships takes the last one, and none where no value of the window is positive; in three
 * dimensions TensorFlow gives every maximum the whole gradient.
 */
export const maxPoolGradient: KernelFunc = ({ inputs, attrs, backend }) => {
  const [dy, input, output] = [inputs['dy']!, inputs['input']!, inputs['output']!];
  const geometry = poolGeometry(input, attrs);
  return computeOnHost(backend, input.shape, [dy, input, output], (dx, gradient, x, highest) => {
    routeToMaxima(dx, gradient, x, highest, geometry);
  });
};

/**
 * Kernels `AvgPoolGrad` and `AvgPool3DGrad`: the gradient is shared among the values of the window that lie inside the image, by whose
 * number the forward pass divides. The kernels that ship divide by the size of the window also at borders.
 */
export const averagePoolGradient: KernelFunc = ({ inputs, attrs, backend }) => {
  const [dy, input] = [inputs['dy']!, inputs['input']!];
  const geometry = poolGeometry(input, attrs);
  const { channels, rows, columns } = geometry;
  return computeOnHost(backend, input.shape, [dy], (dx, gradient) => {
    forEachWindow(geometry, (planes, lines, places, output, sample) => {
      const values = (planes.end - planes.start) * (lines.end - lines.start) * (places.end - places.start);
      const share = 1 / Math.max(values, 1);
      for (let plane = planes.start; plane < planes.end; plane++) {
        for (let line = lines.start; line < lines.end; line++) {
          for (let place = places.start; place < places.end; place++) {
            const start = sample + ((plane * rows.length + line) * columns.length + place) * channels;
            for (let channel = 0; channel < channels; channel++) dx[start + channel]! += gradient[output + channel]! * share;
          }
        }
      }
    });
  });
};
