import * as tf from '@tensorflow/tfjs-core';

import { deriveOnce } from './derived-weights.ts';
import { computeUntracked, isHostBackend, isWasm } from './host-memory.ts';

/** What a normalisation is made of; no scale is one, no offset zero. */
export interface Statistics {
  readonly mean: tf.TensorInfo;
  readonly variance: tf.TensorInfo;
  readonly scale: tf.TensorInfo | undefined;
  readonly offset: tf.TensorInfo | undefined;
  readonly epsilon: number;
}

/** The factor of a normalisation per channel, scale / sqrt(variance + epsilon), made once for its parameters. */
export function normalizationFactor({ variance, scale, epsilon }: Pick<Statistics, 'variance' | 'scale' | 'epsilon'>): tf.Tensor {
  const backend = tf.backend();
  return deriveOnce(backend, scale ? [variance, scale] : [variance], `factor ${epsilon}`, () =>
    computeUntracked(backend, variance.shape, scale ? [variance, scale] : [variance], (factor, spread, scales) => {
      for (let i = 0; i < factor.length; i++) factor[i] = (scales?.[i] ?? 1) / Math.sqrt(spread[i]! + epsilon);
    }),
  ) as tf.Tensor;
}

/** What a normalisation adds to its input times its factor: offset - mean * factor. */
function normalizationShift({ mean, variance, scale, offset, epsilon }: Statistics): tf.Tensor {
  const backend = tf.backend();
  const given = [mean, variance, ...(scale ? [scale] : []), ...(offset ? [offset] : [])] as const;
  return deriveOnce(backend, given, `shift ${epsilon} ${scale !== undefined} ${offset !== undefined}`, () =>
    computeUntracked(backend, mean.shape, given, (shift, means, spread, ...rest) => {
      const scales = scale && rest[0];
      const offsets = offset && rest[scale ? 1 : 0];
      for (let i = 0; i < shift.length; i++) shift[i] = (offsets?.[i] ?? 0) - (means[i]! * (scales?.[i] ?? 1)) / Math.sqrt(spread[i]! + epsilon);
    }),
  ) as tf.Tensor;
}

/** From this many values on TensorFlow's own kernel is as fast as a product and a sum. */
const MANY = 2 ** 17;

/** Whether what a normalisation is made of was derived already, or is worth it: parameters of layers are, statistics of one batch on a device are not. */
function isWorthDeriving(backend: tf.KernelBackend, x: tf.TensorInfo, { mean }: Statistics): boolean {
  if (isWasm(backend)) return true;
  return !isHostBackend(backend) && mean instanceof tf.Variable && tf.util.sizeFromShape(x.shape) < MANY;
}

/**
 * Kernel `FusedBatchNorm` as a product and a sum per channel, with factors that are made once per layer, where that is faster: the kernel that ships for
 * WebAssembly takes a root and a quotient for every value. Any other gets a scale of one where it has none, for its gradient.
 */
export const batchNormalization = (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine has batch normalisation');
  const { inputs, attrs, backend } = call;
  const { x, mean, variance, scale, offset } = inputs as Readonly<Record<string, tf.TensorInfo | undefined>>;
  const { varianceEpsilon } = attrs as unknown as tf.FusedBatchNormAttrs;
  if (x === undefined || mean === undefined || variance === undefined) throw new Error('internal: a normalisation has statistics');
  const statistics: Statistics = { mean, variance, scale, offset, epsilon: varianceEpsilon };
  const perChannel = [mean, variance, scale, offset].every((value) => value === undefined || (value.shape.length === 1 && value.shape[0] === x.shape.at(-1)));
  inputs['scale'] ??= tf.ones(variance.shape);
  if (!perChannel || !isWorthDeriving(backend as tf.KernelBackend, x, statistics)) return shipped(call);
  const run = (kernel: string, a: tf.TensorInfo, b: tf.TensorInfo): tf.Tensor => tf.engine().runKernel(kernel, { a: a as tf.Tensor, b: b as tf.Tensor });
  return tf.tidy(() => run('Add', run('Multiply', x, normalizationFactor(statistics)), normalizationShift(statistics)));
};
