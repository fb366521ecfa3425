import * as tf from '@tensorflow/tfjs-core';

import { deriveOnce } from './derived-weights.ts';
import { computeOnHost, computeUntracked, isHostBackend } from './host-memory.ts';

type Geometry = tf.backend_util.Conv2DInfo;

/**
 * One axis of y[o] = sum_t x[s o + t - pad] w[t]. With i + pad = s q + r the gradient is dx[i] = sum_m dy[q - m] w[r + s m]: for each phase r
 * an ordinary convolution of dy, with every s-th tap of the filter.
 */
interface PhaseAxis {
  readonly stride: number;
  readonly pad: number;
  readonly length: number;
  readonly filter: number;
  /** Phases that have taps. */
  readonly phases: number;
  /** Taps of the longest phase. */
  readonly taps: number;
  /** The values of q run from `first` over `count`. */
  readonly first: number;
  readonly count: number;
  /** Zeros before and behind dy. */
  readonly before: number;
  readonly behind: number;
}

function phaseAxis(stride: number, pad: number, length: number, filter: number, outputs: number): PhaseAxis {
  const [phases, taps] = [Math.min(stride, filter), Math.ceil(filter / stride)];
  const first = Math.max(0, Math.ceil((pad - phases + 1) / stride));
  const last = Math.floor((length - 1 + pad) / stride);
  const before = taps - 1 - first;
  return { stride, pad, length, filter, phases, taps, first, count: last - first + 1, before, behind: last - (outputs - 1) };
}

/** The axes of a convolution without dilation; none where its padding reaches beyond its filter. */
export function phaseAxes(geometry: Geometry): readonly [rows: PhaseAxis, columns: PhaseAxis] | undefined {
  if (geometry.dilationHeight > 1 || geometry.dilationWidth > 1) return undefined;
  const { padInfo, inHeight, inWidth, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth } = geometry;
  const rows = phaseAxis(strideHeight, padInfo.top, inHeight, filterHeight, outHeight);
  const columns = phaseAxis(strideWidth, padInfo.left, inWidth, filterWidth, outWidth);
  return [rows, columns].every(({ before, behind }) => before >= 0 && behind >= 0) ? [rows, columns] : undefined;
}

/** The filters of all phases, side by side: [taps, taps, out, phases * phases * in], turned round, zero where a phase has no tap. */
function arrangeFilter(flipped: Float32Array, filter: Float32Array, [rows, columns]: readonly [PhaseAxis, PhaseAxis], inputs: number, outputs: number): void {
  const width = rows.phases * columns.phases * inputs;
  for (let row = 0; row < rows.filter; row++) {
    const line = rows.taps - 1 - Math.floor(row / rows.stride);
    for (let column = 0; column < columns.filter; column++) {
      const place = columns.taps - 1 - Math.floor(column / columns.stride);
      const phase = (row % rows.stride) * columns.phases + (column % columns.stride);
      const read = (row * columns.filter + column) * inputs * outputs;
      const write = (line * columns.taps + place) * outputs * width + phase * inputs;
      for (let input = 0; input < inputs; input++) {
        for (let output = 0; output < outputs; output++) flipped[write + output * width + input] = filter[read + input * outputs + output]!;
      }
    }
  }
}

/** Puts the phases into the places that they are the gradients of. */
function interleave(dx: Float32Array, parts: Float32Array, [rows, columns]: readonly [PhaseAxis, PhaseAxis], samples: number, channels: number): void {
  const width = rows.phases * columns.phases * channels;
  for (let sample = 0; sample < samples; sample++) {
    for (let q = 0; q < rows.count; q++) {
      for (let r = 0; r < rows.phases; r++) {
        const row = rows.stride * (q + rows.first) + r - rows.pad;
        if (row < 0 || row >= rows.length) continue;
        for (let p = 0; p < columns.count; p++) {
          const read = ((sample * rows.count + q) * columns.count + p) * width + r * columns.phases * channels;
          const start = columns.stride * (p + columns.first) - columns.pad;
          // The phases of one place lie side by side in both.
          const [low, high] = [Math.max(0, -start), Math.min(columns.phases, columns.length - start)];
          const write = ((sample * rows.length + row) * columns.length + start) * channels;
          for (let i = low * channels; i < high * channels; i++) dx[write + i] = parts[read + i]!;
        }
      }
    }
  }
}

/** A convolution with stride 1. TensorFlow's engine takes no numbers as padding. */
function convolve(x: tf.Tensor4D, filter: tf.TensorInfo, padding: [number, number][]): tf.Tensor4D {
  const [, rows, columns] = padding as [unknown, [number, number], [number, number]];
  const [height, width] = filter.shape as [number, number];
  const numbers = isHostBackend(tf.backend());
  const same = !numbers && ([[rows, height], [columns, width]] as const).every(([[before, behind], size]) => before === behind && before + behind === size - 1);
  const padded = numbers || same ? x : tf.pad(x, padding);
  const attrs = { strides: [1, 1], pad: numbers ? padding : same ? 'same' : 'valid', dataFormat: 'NHWC', dilations: [1, 1] };
  return tf.engine().runKernel('Conv2D', { x: padded, filter: filter as tf.Tensor4D }, attrs as unknown as tf.NamedAttrMap);
}

/**
 * The gradient of a convolution without dilation with respect to its input, as one convolution with stride 1 that gives all phases of the
 * stride as channels. It multiplies no zeros that a stride would put between the values of dy, and its filter is made once per weight.
 */
export function phaseConvolution(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  axes: readonly [rows: PhaseAxis, columns: PhaseAxis],
  geometry: Geometry,
  backend: tf.KernelBackend,
): tf.Tensor4D {
  const [rows, columns] = axes;
  const [, , inputs, outputs] = filter.shape;
  const shape = [rows.taps, columns.taps, outputs, rows.phases * columns.phases * inputs];
  const arranged = deriveOnce(backend, [filter], `phases ${rows.stride}x${columns.stride}`, () =>
    computeUntracked(backend, shape, [filter], (flipped, values) => {
      arrangeFilter(flipped, values, axes, inputs, outputs);
    }),
  );
  const padding: [number, number][] = [[0, 0], [rows.before, rows.behind], [columns.before, columns.behind], [0, 0]];
  const parts = convolve(dy, arranged, padding);
  const plain = rows.stride === 1 && columns.stride === 1;
  if (plain) return parts;
  const { batchSize, inShape } = geometry;
  return computeOnHost(backend, inShape, [parts], (dx, values) => {
    interleave(dx, values, axes, batchSize, inputs);
  }) as tf.Tensor4D;
}
