import * as tf from '@tensorflow/tfjs-core';

interface PoolAttributes {
  readonly filterSize: number | number[];
  readonly strides: number | number[];
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** One axis of a pool: lengths before and after, and where its windows lie. */
interface PoolAxis {
  readonly length: number;
  readonly outputs: number;
  readonly stride: number;
  readonly reach: number;
  readonly pad: number;
}

/** A pool over depth, rows and columns of [N, depth, rows, columns, channels]; in two dimensions the depth is 1. */
export interface PoolGeometry {
  readonly samples: number;
  readonly channels: number;
  readonly depth: PoolAxis;
  readonly rows: PoolAxis;
  readonly columns: PoolAxis;
}

const FLAT: PoolAxis = { length: 1, outputs: 1, stride: 1, reach: 1, pad: 0 };

/** Reads the geometry of a pool off the shape of its input, of rank 4 or 5, and its attributes. */
export function poolGeometry(input: tf.TensorInfo, attrs: tf.NamedAttrMap | undefined): PoolGeometry {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttributes;
  if (input.shape.length === 4) {
    const [shape, size, steps] = [input.shape as [number, number, number, number], filterSize as [number, number], strides as [number, number]];
    const info = tf.backend_util.computePool2DInfo(shape, size, steps, 1, pad, dimRoundingMode);
    return {
      samples: info.batchSize,
      channels: info.inChannels,
      depth: FLAT,
      rows: { length: info.inHeight, outputs: info.outHeight, stride: info.strideHeight, reach: info.filterHeight, pad: info.padInfo.top },
      columns: { length: info.inWidth, outputs: info.outWidth, stride: info.strideWidth, reach: info.filterWidth, pad: info.padInfo.left },
    };
  }
  const [shape, size, steps] = [input.shape as [number, number, number, number, number], filterSize as [number, number, number], strides as [number, number, number]];
  const info = tf.backend_util.computePool3DInfo(shape, size, steps, 1, pad as 'valid' | 'same' | number, dimRoundingMode);
  return {
    samples: info.batchSize,
    channels: info.inChannels,
    depth: { length: info.inDepth, outputs: info.outDepth, stride: info.strideDepth, reach: info.filterDepth, pad: info.padInfo.front },
    rows: { length: info.inHeight, outputs: info.outHeight, stride: info.strideHeight, reach: info.filterHeight, pad: info.padInfo.top },
    columns: { length: info.inWidth, outputs: info.outWidth, stride: info.strideWidth, reach: info.filterWidth, pad: info.padInfo.left },
  };
}

/** The part of a window that lies inside an axis. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const spansOf = ({ length, outputs, stride, reach, pad }: PoolAxis): readonly Span[] =>
  Array.from({ length: outputs }, (_, i) => ({ start: Math.max(0, i * stride - pad), end: Math.min(length, i * stride - pad + reach) }));

/** The window's spans, the offset of its output values, one per channel, and that of its sample. */
export type VisitWindow = (depth: Span, rows: Span, columns: Span, output: number, sample: number) => void;

/** Visits every window in the order of the output. */
export function forEachWindow({ samples, channels, depth, rows, columns }: PoolGeometry, visit: VisitWindow): void {
  const [depths, heights, widths] = [spansOf(depth), spansOf(rows), spansOf(columns)];
  const size = depth.length * rows.length * columns.length * channels;
  let output = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (const planes of depths) {
      for (const lines of heights) {
        for (const places of widths) {
          visit(planes, lines, places, output, sample * size);
          output += channels;
        }
      }
    }
  }
}
