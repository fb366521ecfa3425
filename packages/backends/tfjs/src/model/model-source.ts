import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';

import { PellucidError } from '@pellucid/core';
import type { io } from '@tensorflow/tfjs-core';

import { filesAt } from './model-files.ts';
import { checkNumbers } from './weight-numbers.ts';
import { joinShards, type WeightGroup } from './weight-shards.ts';

/** A model in memory: the text of its `model.json`, and the bytes of its weight files in the order of the manifest, joined or not. */
export interface ModelBytes {
  readonly modelJson: string | Uint8Array;
  readonly weights: Uint8Array | readonly Uint8Array[];
}

/** A model that was read but not yet built. */
export interface ModelFiles {
  readonly name: string;
  /** SHA-256 of `model.json` and the weights, hexadecimal. */
  readonly hash: string;
  readonly format: 'layers-model' | 'graph-model';
  readonly artifacts: io.ModelArtifacts;
}

const FORMAT = 'a TensorFlow.js model';

function invalid(model: string, problem: string, help: string, cause?: unknown): PellucidError {
  return new PellucidError('MODEL_INVALID', { model, format: FORMAT, problem, help }, { cause });
}

/** The parts of `model.json` that are used here. */
interface ModelJson extends Omit<io.ModelJSON, 'weightsManifest' | 'modelTopology'> {
  readonly modelTopology: Readonly<Record<string, unknown>>;
  readonly weightsManifest: readonly WeightGroup[];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isQuantization = (value: unknown): boolean =>
  isObject(value) && (value['dtype'] === 'float16' || (Number.isFinite(value['scale']) && Number.isFinite(value['min'])));

const isWeight = (value: unknown): boolean =>
  isObject(value) &&
  (value['quantization'] === undefined || isQuantization(value['quantization'])) &&
  typeof value['name'] === 'string' &&
  typeof value['dtype'] === 'string' &&
  Array.isArray(value['shape']) &&
  value['shape'].every((length) => Number.isSafeInteger(length) && (length as number) >= 0);

const isGroup = (value: unknown): value is WeightGroup =>
  isObject(value) &&
  Array.isArray(value['paths']) &&
  value['paths'].every((path) => typeof path === 'string') &&
  Array.isArray(value['weights']) &&
  value['weights'].every(isWeight);

function parseModelJson(model: string, text: string): ModelJson {
  const expected = 'Give the path of the `model.json` that the TensorFlow.js converter or `save` wrote.';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(model, `it is not JSON (${error instanceof Error ? error.message : String(error)})`, expected, error);
  }
  if (!isObject(json) || !isObject(json['modelTopology'])) throw invalid(model, 'it has no `modelTopology`', expected);
  const manifest = json['weightsManifest'];
  if (!Array.isArray(manifest) || !manifest.every(isGroup)) throw invalid(model, 'its `weightsManifest` is missing or malformed', expected);
  return json as unknown as ModelJson;
}

function formatOf(model: string, { format, modelTopology }: ModelJson): ModelFiles['format'] {
  if (format === 'layers-model' || format === 'graph-model') return format;
  if ('node' in modelTopology) return 'graph-model';
  if ('model_config' in modelTopology || 'class_name' in modelTopology) return 'layers-model';
  throw invalid(model, 'it is neither a layers model nor a graph model', 'Convert it again with the TensorFlow.js converter.');
}

/** The outputs of a signature as Keras numbers them: the file has them in any order. */
function inOrder(signature: unknown): object | undefined {
  if (!isObject(signature)) return undefined;
  const { outputs } = signature;
  if (!isObject(outputs) || !Object.keys(outputs).every((key) => /^output_\d+$/.test(key))) return signature;
  const place = (key: string): number => Number(key.slice('output_'.length));
  return { ...signature, outputs: Object.fromEntries(Object.entries(outputs).sort(([a], [b]) => place(a) - place(b))) };
}

function assemble(name: string, text: Uint8Array, json: ModelJson, weights: Uint8Array<ArrayBuffer>): ModelFiles {
  const { weightsManifest, modelTopology, userDefinedMetadata, modelInitializer, initializerSignature } = json;
  const signature = inOrder(json.signature);
  checkNumbers(name, weightsManifest.flatMap((group) => group.weights), weights);
  return {
    name,
    hash: createHash('sha256').update(text).update(weights).digest('hex'),
    format: formatOf(name, json),
    artifacts: {
      modelTopology,
      weightSpecs: weightsManifest.flatMap((group) => group.weights),
      weightData: weights.buffer,
      ...(signature && { signature }),
      ...(userDefinedMetadata && { userDefinedMetadata }),
      ...(modelInitializer && { modelInitializer }),
      ...(initializerSignature && { initializerSignature }),
    },
  };
}

/**
 * Reads `model.json` and its weight files from a path or a URL (`file:`, `http:`, `https:`).
 * @throws MODEL_INVALID.
 */
export async function readModelFiles(source: string | URL, name: string | undefined): Promise<ModelFiles> {
  const { label: where, path, read, readBeside } = filesAt(source);
  // Every model's file is called model.json: the folder is what tells models apart.
  const label = name ?? (basename(path) === 'model.json' ? basename(dirname(path)) || 'model' : basename(path));
  const text = await read();
  const json = parseModelJson(where, new TextDecoder().decode(text));
  const shards = await Promise.all(json.weightsManifest.map((group) => Promise.all(group.paths.map(readBeside))));
  return assemble(label, text, json, joinShards(where, json.weightsManifest, shards));
}

const isBytes = (source: unknown): source is ModelBytes => {
  if (!isObject(source)) return false;
  const { modelJson, weights } = source;
  const parts: readonly unknown[] = Array.isArray(weights) ? weights : [weights];
  return (typeof modelJson === 'string' || modelJson instanceof Uint8Array) && parts.every((part) => part instanceof Uint8Array);
};

/** Takes a model from memory. @throws MODEL_INVALID. */
export function readModelBytes(bytes: ModelBytes, name = 'model'): ModelFiles {
  if (!isBytes(bytes)) {
    const help = 'Give a path, a URL, a live model, or `{ modelJson, weights }` with the text and the bytes of the files.';
    throw invalid(name, 'it is neither an address nor the bytes of a model', help);
  }
  const { modelJson, weights } = bytes;
  const text = typeof modelJson === 'string' ? new TextEncoder().encode(modelJson) : modelJson;
  const json = parseModelJson(name, new TextDecoder().decode(text));
  const all: WeightGroup = { paths: ['weights'], weights: json.weightsManifest.flatMap((group) => group.weights) };
  return assemble(name, text, json, joinShards(name, [all], [weights instanceof Uint8Array ? [weights] : weights]));
}
