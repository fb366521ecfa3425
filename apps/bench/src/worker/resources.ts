import type { LabelledImages, ModelAdapter } from '@pellucid/core';
import type { BackendName, DataSource } from '../configuration/configuration.ts';
import { loadImages } from '../data/sources.ts';

/** What a worker keeps between tasks: the last data sets and the last model. */
export interface Resources {
  readonly images: (source: DataSource, split: 'train' | 'test') => Promise<LabelledImages>;
  readonly model: (backend: BackendName, path: string) => Promise<ModelAdapter>;
}

/** What tfjs calls the engines of the benchmark. */
const TFJS_ENGINES = { 'tfjs': 'wasm', 'tfjs/cpu': 'cpu', 'tfjs/node': 'node', 'tfjs/node-gpu': 'node-gpu' } as const;

// Only the engine that the process was started for is ever loaded.
async function loadModel(backend: BackendName, path: string): Promise<ModelAdapter<never>> {
  if (backend === 'onnxruntime') return (await import('@pellucid/backend-onnxruntime')).loadModel(path);
  return (await import('@pellucid/backend-tfjs')).loadModel(path, { engine: TFJS_ENGINES[backend] });
}

/** Nothing loaded yet. */
export function makeResources(): Resources {
  const sets = new Map<string, Promise<LabelledImages>>();
  let open: { readonly key: string; readonly model: ModelAdapter } | undefined;
  return {
    images: (source, split) => {
      const key = JSON.stringify([source, split]);
      const images = sets.get(key) ?? loadImages(source, split);
      sets.set(key, images);
      return images;
    },
    model: async (backend, path) => {
      const key = `${backend}:${path}`;
      if (open?.key === key) return open.model;
      await open?.model.dispose();
      open = undefined;
      // Methods are chosen at run time, where `explain` compares what each needs with what the model offers.
      const model = (await loadModel(backend, path)) as ModelAdapter;
      open = { key, model };
      return model;
    },
  };
}
