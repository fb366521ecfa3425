import * as tf from '@tensorflow/tfjs-core';

type Geometry = tf.backend_util.Conv2DInfo;

/** How an image is cut into bands of rows. */
interface Bands {
  readonly count: number;
  /** Rows of the output that one band gives. */
  readonly outputs: number;
  /** Rows from the start of one band to that of the next. */
  readonly step: number;
  /** Rows that a band shares with the next one, where windows overlap. */
  readonly shared: number;
}

/** More bands than most machines have cores gain nothing, and each repeats the rows that windows share. */
const COUNTS: readonly number[] = [4, 2, 3, 5, 7];
/** Below this many values the operations around the bands take what the bands save. */
const FEW_VALUES = 2 ** 17;

/** The bands of one large image without padding whose output has as many rows in each; none for others. */
export function bandsOf(geometry: Geometry): Bands | undefined {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, strideHeight, filterHeight, padInfo } = geometry;
  const padded = padInfo.type === 'EXPLICIT' || [padInfo.top, padInfo.bottom, padInfo.left, padInfo.right].some((pad) => pad > 0);
  if (batchSize !== 1 || padded || inHeight * inWidth * inChannels < FEW_VALUES) return undefined;
  const shared = Math.max(0, filterHeight - strideHeight);
  return COUNTS.filter((count) => outHeight % count === 0)
    .map((count) => ({ count, outputs: outHeight / count, step: (outHeight / count) * strideHeight, shared }))
    .find(({ count, step }) => shared < step && count * step + shared <= inHeight);
}

/** The bands of an image as a batch. Rows that lie side by side in memory need no copy. */
function cut(rows: tf.Tensor2D, { count, step, shared }: Bands): tf.Tensor2D {
  if (shared === 0) return tf.slice(rows, [0, 0], [count * step, -1]);
  const indices = Int32Array.from({ length: count * (step + shared) }, (_, i) => Math.floor(i / (step + shared)) * step + (i % (step + shared)));
  return tf.gather(rows, tf.tensor1d(indices), 0);
}

/** The image of which bands are parts: what two bands say about a row that they share is added up, and rows in no window are zero. */
function join(rows: tf.Tensor2D, { count, step, shared }: Bands, height: number): tf.Tensor2D {
  const take = (start: number, length: number): tf.Tensor2D => tf.slice(rows, [start, 0], [length, -1]);
  const unread = height - count * step - shared;
  const behind = unread > 0 ? [tf.zeros<tf.Rank.R2>([unread, rows.shape[1]])] : [];
  const reach = step + shared;
  if (shared === 0) return behind.length === 0 ? rows : tf.concat([rows, ...behind], 0);
  const parts = Array.from({ length: count }, (_, band) => {
    const start = band * reach;
    const first = take(start, shared);
    return [band === 0 ? first : tf.add<tf.Tensor2D>(take(start - shared, shared), first), take(start + shared, step - shared)];
  });
  return tf.concat([...parts.flat(), take(count * reach - shared, shared), ...behind], 0);
}

/**
 * Kernel `MaxPoolGrad` of TensorFlow's library, which gives each sample to one thread: a single large image goes to it as a batch of bands of
 * rows. Every window lies in one band, so the first of equal maxima gets the gradient as before. A GPU needs no bands.
 */
export const maxPoolGradientBands = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: the library ships this kernel');
  const { inputs, attrs, backend } = call;
  const [dy, input, output] = [inputs['dy'] as tf.Tensor4D, inputs['input'] as tf.Tensor4D, inputs['output'] as tf.Tensor4D];
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as tf.MaxPoolGradAttrs;
  if ((backend as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true) return shipped(call);
  const geometry = tf.backend_util.computePool2DInfo(input.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const bands = bandsOf(geometry);
  if (bands === undefined) return shipped(call);
  const { inHeight, inWidth, outWidth, inChannels } = geometry;
  return tf.tidy(() => {
    const banded = (values: tf.Tensor): tf.Tensor => tf.reshape(values, [bands.count, bands.outputs, outWidth, inChannels]);
    const image = cut(tf.reshape(input, [inHeight, inWidth * inChannels]), bands);
    const batch = { dy: banded(dy), input: tf.reshape(image, [bands.count, -1, inWidth, inChannels]), output: banded(output) };
    const gradient: tf.Tensor = tf.engine().runKernel('MaxPoolGrad', batch, { filterSize, strides, pad: 'valid' });
    return tf.reshape(join(tf.reshape(gradient, [-1, inWidth * inChannels]), bands, inHeight), input.shape);
  });
};
