import * as tf from '@tensorflow/tfjs-core';

/** Rows or columns of zeros around height and width; negative amounts cut off instead. */
export function padOrCrop(x: tf.Tensor4D, [top, bottom]: readonly [number, number], [left, right]: readonly [number, number]): tf.Tensor4D {
  const padding = [top, bottom, left, right].map((amount) => Math.max(amount, 0)) as [number, number, number, number];
  const [batch, height, width, channels] = x.shape;
  const cropped = [top, bottom, left, right].some((amount) => amount < 0)
    ? tf.slice(
        x,
        [0, Math.max(-top, 0), Math.max(-left, 0), 0],
        [batch, height + Math.min(top, 0) + Math.min(bottom, 0), width + Math.min(left, 0) + Math.min(right, 0), channels],
      )
    : x;
  if (padding.every((amount) => amount === 0)) return cropped;
  return tf.pad(cropped, [[0, 0], [padding[0], padding[1]], [padding[2], padding[3]], [0, 0]]);
}

/** Zeros between the rows of a batch of images, so that neighbours end up `stride` apart. */
function spreadRows(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const rows = tf.pad(tf.reshape(x, [batch * height, 1, width * channels]), [[0, 0], [0, stride - 1], [0, 0]]);
  const spread = tf.reshape(rows, [batch, height * stride, width, channels]) as tf.Tensor4D;
  return tf.slice(spread, [0, 0, 0, 0], [batch, (height - 1) * stride + 1, width, channels]);
}

/** Zeros between the columns. */
function spreadColumns(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const columns = tf.pad(tf.reshape(x, [batch * height * width, 1, channels]), [[0, 0], [0, stride - 1], [0, 0]]);
  const spread = tf.reshape(columns, [batch, height, width * stride, channels]) as tf.Tensor4D;
  return tf.slice(spread, [0, 0, 0, 0], [batch, height, (width - 1) * stride + 1, channels]);
}

/** Zeros between the values of height and width: what a stride of the forward pass becomes in the backward pass. */
export function spread(x: tf.Tensor4D, strideHeight: number, strideWidth: number): tf.Tensor4D {
  return spreadColumns(spreadRows(x, strideHeight), strideWidth);
}
