import * as tf from '@tensorflow/tfjs-core';

import { placeAlong } from './place-along.ts';
import { computeOnHost, isHostBackend } from './host-memory.ts';

type Geometry = tf.backend_util.Conv2DInfo;

/** A gradient as the transposed convolution reads it, and the padding that is left to do. */
export interface AlignedGradient {
  readonly values: tf.Tensor4D;
  readonly pad: 'valid' | tf.backend_util.ExplicitPadding;
}

interface Margins {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Zeros around the spread gradient such that every row and column of the input comes out; negative where something is cut off. */
function marginsOf(dy: tf.Tensor4D, geometry: Geometry): Margins {
  const { effectiveFilterHeight, effectiveFilterWidth, padInfo, inHeight, inWidth, strideHeight, strideWidth } = geometry;
  const top = effectiveFilterHeight - 1 - padInfo.top;
  const left = effectiveFilterWidth - 1 - padInfo.left;
  const rows = (dy.shape[1] - 1) * strideHeight + 1;
  const columns = (dy.shape[2] - 1) * strideWidth + 1;
  return {
    top,
    left,
    bottom: inHeight + effectiveFilterHeight - 1 - rows - top,
    right: inWidth + effectiveFilterWidth - 1 - columns - left,
  };
}

/** Copies the gradient's values, a stride apart, into zeros of the padded size. */
function place(dy: tf.Tensor4D, geometry: Geometry, margins: Margins): tf.Tensor4D {
  const { strideHeight, strideWidth } = geometry;
  const { top, bottom, left, right } = margins;
  const backend = tf.backend();
  const [batch, height, width, channels] = dy.shape;
  const rows = (height - 1) * strideHeight + 1 + top + bottom;
  const columns = (width - 1) * strideWidth + 1 + left + right;
  if (!isHostBackend(backend)) {
    const lines = placeAlong(dy, 1, { start: top, stride: strideHeight, length: rows });
    return placeAlong(lines, 2, { start: left, stride: strideWidth, length: columns }) as tf.Tensor4D;
  }
  const placed = computeOnHost(backend, [batch, rows, columns, channels], [dy], (target, values) => {
    for (let line = 0; line < batch * height; line++) {
      const row = (line % height) * strideHeight + top;
      if (row < 0 || row >= rows) continue;
      const start = (Math.floor(line / height) * rows + row) * columns;
      for (let column = 0; column < width; column++) {
        const position = column * strideWidth + left;
        if (position < 0 || position >= columns) continue;
        const read = (line * width + column) * channels;
        const write = (start + position) * channels;
        for (let channel = 0; channel < channels; channel++) target[write + channel] = values[read + channel]!;
      }
    }
  });
  return placed as tf.Tensor4D;
}

/** Spreads the gradient of a convolution's output by the stride and surrounds it by zeros, for a convolution with stride 1. */
export function alignGradient(dy: tf.Tensor4D, geometry: Geometry): AlignedGradient {
  const margins = marginsOf(dy, geometry);
  const { top, bottom, left, right } = margins;
  const spread = geometry.strideHeight > 1 || geometry.strideWidth > 1 || Math.min(top, bottom, left, right) < 0;
  if (spread) return { values: place(dy, geometry, margins), pad: 'valid' };
  const padding: tf.backend_util.ExplicitPadding = [[0, 0], [top, bottom], [left, right], [0, 0]];
  if (isHostBackend(tf.backend())) return { values: dy, pad: padding };
  // TensorFlow's engine takes no numbers as padding.
  return { values: tf.pad(dy, padding), pad: 'valid' };
}
