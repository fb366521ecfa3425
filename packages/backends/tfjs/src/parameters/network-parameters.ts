import type { LayerName } from '@pellucid/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../model/network.ts';

/** What a layer learnt, by names that are unique in the network. */
export interface LearntTensors {
  readonly layer: LayerName;
  /** Each is read where it is now: a live model may be in training. */
  readonly tensors: ReadonlyMap<string, () => tf.Tensor>;
}

/** What a network learnt. All calls belong inside `exclusive`. */
export interface NetworkParameters {
  /** Layers that learnt something, in the order of execution. */
  readonly layers: readonly LearntTensors[];
  /**
   * A network of its own that holds these tensors, which the caller frees, in place of its own of these names. The values of the others are shared
   * within the engine, which frees them with their last handle. @throws MODEL_UNSUPPORTED.
   */
  readonly copy: (changed: ReadonlyMap<string, tf.Tensor>) => Promise<Network>;
}
