import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { PellucidError, type ModelAdapter } from '@pellucid/core';
import type { Terminal } from '../command-line/terminal.ts';
import { readBindings, type Binding, type Bound } from './bindings.ts';
import { suggestFiles } from './suggest-files.ts';

/** Which engine runs the model. */
export interface ModelRequest {
  readonly backend?: 'onnxruntime' | 'tfjs' | undefined;
  readonly engine?: 'node-gpu' | 'node' | 'wasm' | 'cpu' | undefined;
  /** Let gradients pass quantisation. */
  readonly straightThrough?: boolean | undefined;
  /** The input that is explained, where the model has several. */
  readonly input?: string | undefined;
  /** Where the values of the other inputs are. */
  readonly bind?: readonly Binding[] | undefined;
}

type Backend = NonNullable<ModelRequest['backend']>;

const BACKENDS: Readonly<Record<string, Backend>> = { '.onnx': 'onnxruntime', '.json': 'tfjs' };

const MODEL_FILES = 'Give an `.onnx` file or the `model.json` of a tfjs model.';

function contradiction(problem: string, help: string): PellucidError {
  return new PellucidError('REQUEST_INVALID', { action: 'load the model', problem, help });
}

/** The backend follows from the ending of the file; `--backend` decides only where the ending says nothing. */
export function chooseBackend(path: string, { backend, engine }: ModelRequest): Backend {
  const implied = BACKENDS[extname(path).toLowerCase()];
  const chosen = implied ?? backend;
  if (chosen === undefined) {
    throw contradiction(`the ending of \`${path}\` does not tell its format`, 'Give an `.onnx` file, a tfjs `model.json`, or say `--backend`.');
  }
  if (backend !== undefined && backend !== chosen) {
    throw contradiction(`\`${basename(path)}\` runs on ${chosen}, not on ${backend}`, 'Leave `--backend` out; it follows from the model.');
  }
  if (chosen === 'onnxruntime' && engine !== undefined && engine !== 'cpu') {
    throw contradiction(`the engine \`${engine}\` belongs to tfjs models`, 'Leave `--engine` out for an `.onnx` model.');
  }
  return chosen;
}

/** Loads a model file on the backend that fits. @throws DATA_MISSING, MODEL_INVALID, MODEL_UNSUPPORTED, BACKEND_UNAVAILABLE, REQUEST_INVALID. */
export async function openModel(shown: string, request: ModelRequest, { folder }: Terminal): Promise<ModelAdapter> {
  const path = resolve(folder, shown);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) {
    throw new PellucidError('DATA_MISSING', {
      what: 'the model',
      where: shown,
      problem: found === undefined ? 'there is no such file' : found.isDirectory() ? 'it is a folder' : 'it is a pipe or a device',
      help: found === undefined ? await suggestFiles(path, ['.onnx', '.json'], MODEL_FILES) : MODEL_FILES,
    });
  }
  const chosen = chooseBackend(shown, request);
  const bind = await readBindings(request.bind ?? [], folder);
  return interruptible(await (chosen === 'onnxruntime' ? openOnnx(path, request, bind) : openTensorFlow(path, request, bind)));
}

/** The same model, giving way before each pass: an engine on this thread would let neither signals nor the progress bar through. */
function interruptible(model: ModelAdapter): ModelAdapter {
  return {
    ...model,
    evaluate: async (query, options) => {
      await setImmediate();
      return model.evaluate(query, options);
    },
  };
}

// Only the engine that is used is loaded: each takes a good part of a second. Which method fits the model is known at run time alone,
// where `explain` checks it, so that the type may claim every capability.
async function openOnnx(path: string, { straightThrough, input }: ModelRequest, bind: Bound): Promise<ModelAdapter> {
  const { loadModel } = await import('@pellucid/backend-onnxruntime');
  return (await loadModel(path, { straightThrough, input, bind })) as ModelAdapter;
}

async function openTensorFlow(path: string, { engine, input }: ModelRequest, bind: Bound): Promise<ModelAdapter> {
  const { loadModel } = await import('@pellucid/backend-tfjs');
  return (await loadModel(path, { engine, input, bind })) as ModelAdapter;
}
