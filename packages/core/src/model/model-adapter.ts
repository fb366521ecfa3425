import type { Layout, TensorSpec } from '../tensor/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { OpKind } from './op-kind.ts';
import type { Capability, Evaluation, LayerName, Query } from './query.ts';

/** The engine that really runs the model. */
export interface BackendDescription {
  /** Name of the backend: `onnxruntime`, `tfjs`. */
  readonly name: string;
  /** The runtime in use within the backend: `cpu`, `wasm`, `node`. */
  readonly engine: string;
  /** Where it runs, in words: `cpu`, `gpu`. */
  readonly device: string;
  /** Versions of the packages that decide the numbers. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A place inside the model whose value can be read. */
export interface LayerInfo {
  /** The name of its output tensor. */
  readonly name: LayerName;
  /** Other names that mean this layer: of the node, of the module in the source framework. */
  readonly aliases: readonly string[];
  readonly kind: OpKind;
  /** What the engine calls the operation. */
  readonly operator: string;
  /** `null` where an axis is free, as the first is where it follows the batch; the whole is null where the shape is not known before running. */
  readonly shape: readonly (number | null)[] | null;
  readonly layout: Layout;
}

/** What a layer learnt. Where its own result cannot be asked for, `layer` is the first one behind it. */
export interface LayerParameters {
  readonly layer: LayerName;
  /** Weights, biases, statistics, by names that are unique in the model; each that is asked for belongs to the caller. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Reading what a model learnt, and models that learnt something else. */
export interface ModelParameters {
  /** Layers that learnt something, in the order of execution. */
  readonly read: () => Promise<readonly LayerParameters[]>;
  /**
   * A model with other values for some tensors, of the same shapes, and the rest as it is. It has to be disposed of, and neither needs the other;
   * the given tensors must not change while it lives. The model itself stays.
   * @throws SHAPE_MISMATCH for a tensor of another shape; LAYER_NOT_FOUND for a name that no tensor has; INPUT_NOT_FINITE.
   */
  readonly replace: (tensors: ReadonlyMap<string, Tensor>) => Promise<ModelAdapter>;
}

/** How much one call of `evaluate` may use, and how to stop it. */
export interface EvaluateOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes that the intermediate values of one execution may take; the batch is cut into chunks that fit. */
  readonly memoryBudget?: number | undefined;
}

/**
 * A model on some engine, ready to be asked. The one verb is `evaluate`: one engine execution answers one query, cut into chunks
 * when the batch is larger than the memory budget; the answer does not depend on the chunks.
 */
export interface ModelAdapter<in Offers extends Capability = Capability> {
  /** A short name for messages and reports, such as the file's. */
  readonly name: string;
  /** SHA-256 of the model's bytes, hexadecimal; of its topology and weights for a live model. */
  readonly hash: string;
  readonly backend: BackendDescription;
  /** The input being explained; any others were bound when the model was loaded. */
  readonly input: TensorSpec;
  readonly output: TensorSpec;
  /**
   * How many samples one execution of the engine takes: any number; any number, `freed` from a file that is made for one; or only this one, so that
   * larger batches run in pieces. @defaultValue `'free'`
   */
  readonly batchAxis?: 'free' | 'freed' | number | undefined;
  /** How many samples the model's other inputs have values for; `explain` keeps each sample with its own. @defaultValue they are the same for every sample */
  readonly boundSamples?: number | undefined;
  /** Number of scores per sample. */
  readonly classes: number;
  /** In the order of execution. */
  readonly layers: readonly LayerInfo[];
  readonly capabilities: ReadonlySet<Capability>;
  /** Estimate of the bytes that the intermediate values of one sample take in a gradient pass. */
  readonly bytesPerSample: number;
  /**
   * What convolutions, dense layers and batch normalisations add to a linear function of their input, of the layer's rank, an axis of length
   * 1 where it is the same along it. Present with the capability `biases`.
   */
  readonly biases?: (() => Promise<ReadonlyMap<LayerName, Tensor>>) | undefined;
  /** What the model learnt. Present with the capability `parameters`. */
  readonly parameters?: ModelParameters | undefined;
  /** Answers a query. @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, LAYER_NOT_FOUND, GRADIENT_UNDEFINED, GRADIENT_UNREACHABLE, ABORTED. */
  readonly evaluate: (query: Query<Offers>, options?: EvaluateOptions) => Promise<Evaluation>;
  /** Releases the engine's memory. Calling it again does nothing; any other call afterwards fails. */
  readonly dispose: () => Promise<void>;
}

/** Where a layout has height and width. */
export function isSpatial(layout: Layout): boolean {
  return layout === 'NCHW' || layout === 'NHWC';
}
