import type { LabelledImages, ModelAdapter } from '@pellucid/core';
import { formatOf, type BackendName, type DataSource } from '../configuration/configuration.ts';
import { loadImages } from '../data/sources.ts';
import type { ModelFiles } from './protocol.ts';

/** What a worker keeps between tasks: the last data sets and the last model. */
export interface Resources {
  readonly images: (source: DataSource, split: 'train' | 'test') => Promise<LabelledImages>;
  readonly model: (backend: BackendName, files: ModelFiles) => Promise<ModelAdapter>;
  /** The same network in the other format, on that format's engine; or why this process cannot hold it. */
  readonly twin: (backend: BackendName, files: ModelFiles) => Promise<ModelAdapter | { readonly reason: string }>;
}

/** What tfjs calls the engines of the benchmark. */
const TFJS_ENGINES = { 'tfjs': 'wasm', 'tfjs/cpu': 'cpu', 'tfjs/node': 'node', 'tfjs/node-gpu': 'node-gpu' } as const;

// Only the engine that the process was started for is ever loaded, and that of a twin where a metric needs one.
async function loadModel(backend: BackendName, path: string): Promise<ModelAdapter<never>> {
  if (backend === 'onnxruntime') return (await import('@pellucid/backend-onnxruntime')).loadModel(path);
  return (await import('@pellucid/backend-tfjs')).loadModel(path, { engine: TFJS_ENGINES[backend] });
}

/** Keeps the last model that was asked for. */
function lastModel(): (backend: BackendName, path: string) => Promise<ModelAdapter> {
  let open: { readonly key: string; readonly model: ModelAdapter } | undefined;
  return async (backend, path) => {
    const key = `${backend}:${path}`;
    if (open?.key === key) return open.model;
    await open?.model.dispose();
    open = undefined;
    // Methods are chosen at run time, where `explain` compares what each needs with what the model offers.
    const model = (await loadModel(backend, path)) as ModelAdapter;
    open = { key, model };
    return model;
  };
}

/** Nothing loaded yet. */
export function makeResources(): Resources {
  const sets = new Map<string, Promise<LabelledImages>>();
  const [model, twin] = [lastModel(), lastModel()];
  return {
    images: (source, split) => {
      const key = JSON.stringify([source, split]);
      const images = sets.get(key) ?? loadImages(source, split);
      sets.set(key, images);
      return images;
    },
    model: (backend, files) => model(backend, files[formatOf(backend)]),
    twin: async (backend, files) => {
      if (backend === 'tfjs/node' || backend === 'tfjs/node-gpu') return { reason: `engine \`${backend}\` shares its process with no other engine` };
      const other = backend === 'onnxruntime' ? 'tfjs' : 'onnxruntime';
      return twin(other, files[formatOf(other)]);
    },
  };
}
