import type { LayerInfo, TensorSpec } from '@pellucid/core';
import type { OnnxModel, TensorType } from '@pellucid/onnx-graph';

/** Everything that is known of a model once it is loaded. */
export interface Network {
  readonly name: string;
  /** With a node at its end that flattens the logits to [N, classes]. */
  readonly model: OnnxModel;
  readonly types: ReadonlyMap<string, TensorType>;
  readonly input: TensorSpec;
  readonly output: TensorSpec;
  /** The tensor of the logits [N, classes]. */
  readonly logits: string;
  readonly classes: number;
  readonly layers: readonly LayerInfo[];
  readonly bytesPerSample: number;
  /** The only batch size that the graph accepts, where the batch axis is not free. */
  readonly fixedBatch: number | null;
  /** Whether the file is made for one sample, and its batch axis was freed. */
  readonly freed: boolean;
  /** Whether gradients pass quantisation as if nothing were rounded. */
  readonly straightThrough: boolean;
}
