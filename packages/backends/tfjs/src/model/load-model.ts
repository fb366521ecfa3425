import { createHash } from 'node:crypto';

import { isPellucidError, PellucidError, type ModelAdapter } from '@pellucid/core';
import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';

import type { EngineName } from '../engine/engine-name.ts';
import { openEngine, type TfjsEngine } from '../engine/open-engine.ts';
import { createAdapter, type TfjsCapability } from './adapter.ts';
import type { NetworkSettings } from './describe-input.ts';
import { graphNetwork } from './graph-network.ts';
import { checkReferences, graphNodes } from './graph-nodes.ts';
import { checkConnections } from './layer-connections.ts';
import { layersNetwork } from './layers-network.ts';
import { disposeAll } from './layers-tree.ts';
import { readModelBytes, readModelFiles, type ModelBytes, type ModelFiles } from './model-source.ts';
import type { Network } from './network.ts';
import { withDepthMultipliers } from './separable-layers.ts';
import { findNaN, notANumber } from './weight-numbers.ts';

/** How to load a model. */
export interface LoadModelOptions extends NetworkSettings {
  /** The engine to use. @defaultValue the one in use, or else the first of node-gpu, node, wasm, cpu that works */
  readonly engine?: EngineName | undefined;
  /** A short name for messages and reports. @defaultValue the folder that holds `model.json` */
  readonly name?: string | undefined;
}

/** Where a model comes from. A live model stays its owner's: disposing the adapter leaves it alone. */
export type ModelSource = string | URL | ModelBytes | LayersModel | GraphModel;

type LiveModel = LayersModel | GraphModel;

/** Not by `instanceof`: a program may have another copy of TensorFlow.js, whose models work as well. */
const isLayersModel = (source: object): source is LayersModel => 'getWeights' in source && 'layers' in source;
const isLive = (source: object): source is LiveModel => isLayersModel(source) || ('execute' in source && 'modelSignature' in source);

function hashLive(model: LiveModel, name: string): string {
  const hash = createHash('sha256');
  const update = (weight: string, tensor: tf.Tensor): void => {
    const values = tensor.dataSync();
    const index = findNaN(values);
    if (index >= 0) throw notANumber(name, weight, index);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  };
  if (isLayersModel(model)) {
    hash.update(JSON.stringify(model.toJSON(null, false)));
    for (const weight of model.weights) update(weight.originalName, weight.read());
  } else {
    hash.update(JSON.stringify(graphNodes(model, name).all.map(({ name, op, inputNames }) => [name, op, inputNames])));
    for (const weight of Object.keys(model.weights).sort()) model.weights[weight]?.forEach((tensor) => update(weight, tensor));
  }
  return hash.digest('hex');
}

/** Frees what a failed load left behind: the engine's scope frees plain tensors, but not the variables of layers. */
async function scoped<Result>(build: () => Promise<Result>): Promise<Result> {
  const before = new Set(Object.keys(tf.engine().registeredVariables));
  tf.engine().startScope('load');
  try {
    return await build();
  } catch (error) {
    for (const [name, variable] of Object.entries(tf.engine().registeredVariables)) if (!before.has(name)) variable.dispose();
    throw error;
  } finally {
    tf.engine().endScope();
  }
}

/** What helps where TensorFlow.js cannot build a model. */
function buildingHelp(reason: string): string {
  if (reason.startsWith('Duplicate weight name')) {
    return 'Its file stores the weights of layers with equal names, in models inside models, under one name: name the layers apart before saving, or pass the live model.';
  }
  return 'Convert it again with tensorflowjs 4.22, or as the other of graph model and layers model.';
}

async function build({ artifacts, format, name }: ModelFiles, settings: NetworkSettings): Promise<Network> {
  if (format === 'layers-model') checkConnections(name, artifacts.modelTopology);
  else checkReferences(name, artifacts.modelTopology, artifacts.signature ?? (artifacts.userDefinedMetadata as { readonly signature?: unknown } | undefined)?.signature);
  const modelTopology = format === 'graph-model' ? artifacts.modelTopology : withDepthMultipliers(artifacts.modelTopology, artifacts.weightSpecs ?? []);
  const handler = tf.io.fromMemory({ ...artifacts, ...(modelTopology && { modelTopology }) });
  let model: LiveModel;
  try {
    model = format === 'graph-model' ? await loadGraphModel(handler) : await loadLayersModel(handler);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PellucidError('MODEL_UNSUPPORTED', { model: name, problem: `TensorFlow.js cannot build it: ${reason}`, help: buildingHelp(reason) }, { cause: error });
  }
  try {
    if (isLayersModel(model)) return layersNetwork(model, name, settings, true);
    for (const tensors of Object.values(model.weights)) tensors.forEach((weight) => tf.keep(weight));
    return graphNetwork(model, name, settings, true);
  } catch (error) {
    if (isLayersModel(model)) disposeAll(model);
    else model.dispose();
    throw error;
  }
}

/** Turns an engine's own complaint about a model into one that a caller can act on. */
function explainFailure(name: string, error: unknown): never {
  if (isPellucidError(error)) throw error;
  throw new PellucidError(
    'MODEL_UNSUPPORTED',
    {
      model: name,
      problem: `it does not run: ${error instanceof Error ? error.message : String(error)}`,
      help: 'Try another engine, or convert the model to ONNX.',
    },
    { cause: error },
  );
}

/** The engine that a live model's tensors already live on. */
function engineInUse(): EngineName | undefined {
  const backend = tf.getBackend();
  if (backend === 'wasm' || backend === 'cpu') return backend;
  if (backend !== 'tensorflow') return undefined;
  return (tf.backend() as unknown as { readonly isGPUPackage?: boolean }).isGPUPackage === true ? 'node-gpu' : 'node';
}

async function loadLive(model: LiveModel, options: LoadModelOptions): Promise<ModelAdapter<TfjsCapability>> {
  const engine = await openEngine(options.engine ?? engineInUse());
  const name = options.name ?? (isLayersModel(model) ? model.name : 'graph model');
  return engine.exclusive(() => {
    try {
      const network =
        isLayersModel(model) ? layersNetwork(model, name, options, false) : graphNetwork(model, name, options, false);
      return createAdapter(engine, network, name, hashLive(model, name));
    } catch (error) {
      return explainFailure(name, error);
    }
  });
}

async function loadFiles(files: ModelFiles, engine: TfjsEngine, options: LoadModelOptions): Promise<ModelAdapter<TfjsCapability>> {
  return engine.exclusive(async () => {
    try {
      const network = await scoped(() => build(files, options));
      return createAdapter(engine, network, files.name, files.hash);
    } catch (error) {
      return explainFailure(files.name, error);
    }
  });
}

/**
 * Loads a TensorFlow.js model: the path or URL (`file:`, `http:`, `https:`) of a `model.json` (layers model or graph model), its bytes, or
 * a live `LayersModel` or `GraphModel`.
 * @throws MODEL_INVALID for files that are missing, cut short or not a model, and weights that are no numbers; MODEL_UNSUPPORTED for inputs
 * that are not bound, open shapes, control flow and layers that TensorFlow.js does not know; SHAPE_MISMATCH for `bind`;
 * BACKEND_UNAVAILABLE; LAYER_NOT_FOUND for `logits`; OPTION_INVALID for `layout` and `engine`.
 */
export async function loadModel(source: ModelSource, options: LoadModelOptions = {}): Promise<ModelAdapter<TfjsCapability>> {
  if (typeof source === 'object' && source !== null && isLive(source)) return loadLive(source, options);
  const files =
    typeof source === 'string' || source instanceof URL ? await readModelFiles(source, options.name) : readModelBytes(source, options.name);
  return loadFiles(files, await openEngine(options.engine), options);
}
