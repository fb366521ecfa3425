import type { Layout, ModelAdapter, Tensor } from '@pellucid/core';
import { expandQuantized } from '@pellucid/onnx-autodiff';
import { declaredType, freeBatchAxis } from '@pellucid/onnx-graph';
import { openEngine, type EngineOptions } from './engine/open-engine.ts';
import { bindInput } from './model/bound-inputs.ts';
import { chooseInputs } from './model/choose-input.ts';
import { describeNetwork, type Probe } from './model/describe-network.ts';
import { onnxAdapter, type OnnxCapability } from './model/onnx-adapter.ts';
import { probeTypes } from './model/probe-types.ts';
import { readSource } from './model/read-source.ts';

/** What can be said about a model when it is loaded. */
export interface LoadModelOptions extends EngineOptions {
  /** Name for messages and reports. @defaultValue the file's name */
  readonly name?: string | undefined;
  /** The input that is explained, where there are several. */
  readonly input?: string | undefined;
  /** Values of the other inputs, for one sample (repeated for every sample), or for each sample of a batch: `explain` and `Query.samples` say which a row is. They are read at every question. */
  readonly bind?: Readonly<Record<string, Tensor>> | undefined;
  /** The tensor that holds one score per class. @defaultValue what a final softmax or sigmoid reads, else the first output */
  readonly logits?: string | undefined;
  /** What the axes of the input are. @defaultValue NCHW for images unless only the last axis can be channels */
  readonly layout?: Layout | undefined;
  /** Let gradients pass quantisation: inside its range unchanged, outside 0. @defaultValue false: the gradient of a quantised model is an error */
  readonly straightThrough?: boolean | undefined;
}

/**
 * Loads an ONNX model on ONNX Runtime.
 * @param source - path, URL (`file:`, `http:`, `https:`) or bytes of an .onnx file; bytes must not change afterwards
 * @throws BACKEND_UNAVAILABLE, DATA_MISSING, MODEL_INVALID, MODEL_UNSUPPORTED, SHAPE_MISMATCH, LAYER_NOT_FOUND, OPTION_INVALID.
 */
export async function loadModel(source: string | URL | Uint8Array, options: LoadModelOptions = {}): Promise<ModelAdapter<OnnxCapability>> {
  const { model: original, hash } = await readSource(source, options.name);
  // What goes wrong before the hash is asked for is thrown instead of what goes wrong with it.
  hash.catch(() => undefined);
  // Tensors of integers are no layers; those that they stand for are.
  const { model, batch: batchAxis } = freeBatchAxis(options.straightThrough === true ? expandQuantized(original) : original);
  const bind = options.bind ?? {};
  const { explained, others } = chooseInputs(model, options.input, Object.keys(bind));
  const engine = await openEngine(options);
  const bound = others.map((info) => bindInput(engine.runtime, model.name, info, bind[info.name]!));
  const batch = declaredType(explained)?.shape?.[0];
  const fixedBatch = typeof batch === 'number' ? batch : null;
  const probe: Probe = (graph, tensors) => probeTypes(engine, graph, explained.name, bound, tensors);
  const network = await describeNetwork(model, explained.name, fixedBatch, probe, options);
  return onnxAdapter(engine, { ...network, freed: batchAxis === 'freed' }, bound, hash);
}
