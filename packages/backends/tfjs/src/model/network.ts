import type { LayerInfo, LayerName, Tensor, TensorSpec } from '@pellucid/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { NetworkParameters } from '../parameters/network-parameters.ts';
import type { BoundInput } from './bound-inputs.ts';

/** Values that stand in for those of a layer. */
export interface GivenValues {
  readonly layer: LayerName;
  readonly values: tf.Tensor;
}

/** What one forward pass is asked for, besides its output. */
export interface PassRequest {
  /** Layers whose values are to be read. */
  readonly activations: ReadonlySet<LayerName>;
  /** Layers whose tensors are wanted, as places where gradients are taken. */
  readonly points: ReadonlySet<LayerName>;
  /** A layer whose values are differentiated in place of the logits. */
  readonly from: LayerName | undefined;
  /** Values that a layer has instead of those that it computes. */
  readonly given: GivenValues | undefined;
  /** Which samples of bound values the rows are, where these differ. */
  readonly samples: readonly number[] | undefined;
  /** Takes tensors that have to outlive the scopes within the network; the caller disposes them. */
  readonly keep: <Kept extends tf.Tensor>(tensor: Kept) => Kept;
}

/** What one forward pass gave. */
export interface Pass {
  readonly output: tf.Tensor;
  /** Before a final softmax; of the output's own shape. */
  readonly logits: tf.Tensor;
  /** The values of the layer that a gradient starts from, where one was named. */
  readonly start: tf.Tensor | undefined;
  readonly activations: ReadonlyMap<LayerName, Tensor>;
  /** Handles whose identity counts: their memory may be gone. */
  readonly points: ReadonlyMap<LayerName, tf.Tensor>;
  /** The layer or node that wrote an entry of the tape, for messages. */
  readonly locate: (tapeIndex: number, kernel: string) => string;
}

/** A loaded network of either format. All calls are synchronous and belong inside `exclusive`. */
export interface Network {
  readonly input: TensorSpec;
  readonly output: TensorSpec;
  readonly classes: number;
  readonly layers: readonly LayerInfo[];
  /** Of these, the sums in front of activations that belong to the layers behind them. */
  readonly sums: ReadonlySet<LayerName>;
  /** What layers add to a linear function of their input; absent where that cannot be told apart from what follows. */
  readonly biases?: (() => ReadonlyMap<LayerName, Tensor>) | undefined;
  /** What it learnt, and networks that learnt something else. */
  readonly parameters: NetworkParameters;
  /** The inputs that are not explained. */
  readonly bound: readonly Pick<BoundInput, 'name' | 'samples'>[];
  readonly run: (input: tf.Tensor, request: PassRequest) => Pass;
  readonly dispose: () => void;
}

/** Copies a tensor out of the engine. */
export function readTensor(tensor: tf.Tensor): Tensor {
  const values = tensor.dataSync();
  return { shape: tensor.shape, data: values instanceof Float32Array ? values : Float32Array.from(values as Iterable<number>) };
}
