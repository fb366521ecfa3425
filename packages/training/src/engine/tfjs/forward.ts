import type * as Core from '@tensorflow/tfjs-core';
import { BATCH_NORM_EPSILON } from '../../network/batch-norm.ts';
import { INPUT_NAME, lastLayer, poolPadding, type ResolvedLayer } from '../../network/resolve-network.ts';
import { present } from '../../present.ts';

/** The functions of TensorFlow.js. */
export type TensorFlow = typeof Core;

/** Live values by name. */
export type LiveValues = ReadonlyMap<string, Core.Tensor>;

/** A value that is there by construction. */
export function valueOf(values: LiveValues, name: string): Core.Tensor {
  return present(values.get(name), `value of ${name}`);
}

/** Which statistics batch normalisation takes: those of the batch, which may be listened to, or the running means. */
export type NetworkForm =
  | { readonly kind: 'training'; readonly onMoments?: (layer: ResolvedLayer, mean: Core.Tensor, variance: Core.Tensor) => void }
  | { readonly kind: 'inference' };

function normalise(tf: TensorFlow, layer: ResolvedLayer, weights: LiveValues, input: Core.Tensor, form: NetworkForm): Core.Tensor {
  const value = (part: string): Core.Tensor1D => valueOf(weights, `${layer.definition.name}/${part}`) as Core.Tensor1D;
  const moments = (): { readonly mean: Core.Tensor; readonly variance: Core.Tensor } => {
    if (form.kind === 'inference') return { mean: value('moving_mean'), variance: value('moving_variance') };
    const measured = tf.moments(input, [0, 1, 2]);
    form.onMoments?.(layer, measured.mean, measured.variance);
    return measured;
  };
  const { mean, variance } = moments();
  // Spelled out, so that the derivative goes through the statistics of the batch.
  const scale = tf.div(value('gamma'), tf.sqrt(tf.add(variance, BATCH_NORM_EPSILON)));
  return tf.add(tf.mul(tf.sub(input, mean), scale), value('beta'));
}

function apply(tf: TensorFlow, resolved: ResolvedLayer, weights: LiveValues, [x, other]: readonly Core.Tensor[], form: NetworkForm): Core.Tensor {
  const layer = resolved.definition;
  const input = present(x, `input of ${layer.name}`);
  const image = input as Core.Tensor4D;
  switch (layer.kind) {
    case 'conv': {
      const kernel = valueOf(weights, `${layer.name}/kernel`) as Core.Tensor4D;
      return tf.add(tf.conv2d(image, kernel, layer.stride ?? 1, layer.padding ?? 'same'), valueOf(weights, `${layer.name}/bias`));
    }
    case 'dense':
      return tf.add(tf.matMul(input, valueOf(weights, `${layer.name}/kernel`)), valueOf(weights, `${layer.name}/bias`));
    case 'max-pool':
      return tf.maxPool(image, layer.size, layer.stride ?? layer.size, poolPadding(layer));
    case 'average-pool':
      return tf.avgPool(image, layer.size, layer.stride ?? layer.size, 'valid');
    case 'batch-norm':
      return normalise(tf, resolved, weights, image, form);
    case 'global-average-pool':
      return tf.mean(image, [1, 2]);
    case 'flatten':
      return tf.reshape(input, [input.shape[0]!, -1]);
    case 'relu':
      return tf.relu(input);
    case 'add':
      return tf.add(input, present(other, `second input of ${layer.name}`));
  }
}

/**
 * Runs a network over a batch [N, height, width, channels]: the value of every layer, by name. Values named in `offsets` are added to
 * the layers' before they go on, so that a derivative with respect to a zero offset is that with respect to the layer.
 */
export function forward(
  tf: TensorFlow, layers: readonly ResolvedLayer[], weights: LiveValues, input: Core.Tensor, form: NetworkForm, offsets?: LiveValues,
): LiveValues {
  const values = new Map<string, Core.Tensor>([[INPUT_NAME, input]]);
  for (const layer of layers) {
    const { definition, sources } = layer;
    const value = apply(tf, layer, weights, sources.map((source) => valueOf(values, source)), form);
    const offset = offsets?.get(definition.name);
    values.set(definition.name, offset === undefined ? value : tf.add(value, offset));
  }
  return values;
}

/** The logits among the values of a run: those of the last layer. */
export function logitsOf(layers: readonly ResolvedLayer[], values: LiveValues): Core.Tensor2D {
  return valueOf(values, lastLayer(layers).definition.name) as Core.Tensor2D;
}

/** Runs work and frees every tensor that it made. `tf.tidy` with a result of any kind, for work whose result holds no tensors. */
export function inScope<Result>(tf: TensorFlow, work: () => Result): Result {
  tf.engine().startScope();
  try {
    return work();
  } finally {
    tf.engine().endScope();
  }
}
