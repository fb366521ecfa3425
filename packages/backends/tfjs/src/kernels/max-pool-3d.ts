import type { KernelFunc } from '@tensorflow/tfjs-core';

import { computeOnHost } from './host-memory.ts';
import { forEachWindow, poolGeometry } from './pool-windows.ts';

/** Kernel `MaxPool3D` for WebAssembly: the one that ships gives zero where no value of a window is positive. */
export const maxPool3d: KernelFunc = ({ inputs, attrs, backend }) => {
  const input = inputs['x']!;
  const geometry = poolGeometry(input, attrs);
  const { samples, channels, depth, rows, columns } = geometry;
  const shape = [samples, depth.outputs, rows.outputs, columns.outputs, channels];
  return computeOnHost(backend, shape, [input], (result, x) => {
    forEachWindow(geometry, (planes, lines, places, output, sample) => {
      result.fill(-Infinity, output, output + channels);
      for (let plane = planes.start; plane < planes.end; plane++) {
        for (let line = lines.start; line < lines.end; line++) {
          for (let place = places.start; place < places.end; place++) {
            const start = sample + ((plane * rows.length + line) * columns.length + place) * channels;
            for (let channel = 0; channel < channels; channel++) {
              const value = x[start + channel]!;
              if (value > result[output + channel]!) result[output + channel] = value;
            }
          }
        }
      }
    });
  });
};
