import { registerOp } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

import { truthAttribute, type StoredNode } from './stored-graph.ts';

/** What stands in the graph for a normalisation by the statistics of what it is given. */
export const BATCH_STATISTICS = 'NormalizeByOwnStatistics';

const NORMALISATIONS: ReadonlySet<string> = new Set(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3']);

/** Whether a batch normalisation takes the statistics of its input, not stored ones: the converter runs it with none at all. */
const takesOwnStatistics = (node: StoredNode): boolean => NORMALISATIONS.has(node.op) && truthAttribute(node, 'is_training');

/** y = (x - mean) / sqrt(variance + epsilon) * scale + offset, per channel, with the statistics over all other axes. */
function normalise(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: number, channels: number): tf.Tensor {
  const axes = x.shape.flatMap((_, axis) => (axis === channels ? [] : [axis]));
  const along = (values: tf.Tensor): tf.Tensor => tf.reshape(values, x.shape.map((length, axis) => (axis === channels ? length : 1)));
  const centred = tf.sub(x, tf.mean(x, axes, true));
  const root = tf.rsqrt(tf.add(tf.mean(tf.square(centred), axes, true), epsilon));
  return tf.add(tf.mul(tf.mul(centred, root), along(scale)), along(offset));
}

/**
 * A graph whose batch normalisations by own statistics, which is how Keras writes layer normalisation, are operations that compute them.
 * Registers the operation.
 */
export function withOwnStatistics(nodes: readonly StoredNode[]): readonly StoredNode[] {
  if (!nodes.some(takesOwnStatistics)) return nodes;
  registerOp(BATCH_STATISTICS, ({ inputs, attrs }) => {
    const [x, scale, offset] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor];
    const { epsilon, data_format: layout } = attrs as { readonly epsilon?: number; readonly data_format?: string };
    return normalise(x, scale, offset, epsilon ?? 1e-4, layout?.toUpperCase() === 'NCHW' ? 1 : x.rank - 1);
  });
  return nodes.map((node) => (takesOwnStatistics(node) ? { ...node, op: BATCH_STATISTICS } : node));
}
