import { join } from 'node:path';

/** Where everything lies in the folder of a run. */
export const FILES = {
  results: (out: string): string => join(out, 'results.jsonl'),
  pruning: (out: string): string => join(out, 'pruning.jsonl'),
  run: (out: string): string => join(out, 'run.json'),
  study: (out: string): string => join(out, 'study.jsonl'),
  studyRecord: (out: string): string => join(out, 'study.json'),
  studyPage: (out: string): string => join(out, 'study.html'),
  /** The maps of a training of the study. */
  studyMaps: (out: string, factor: string, batchSize: number, repeat: number): string => join(out, 'maps', `study.${factor}.batch${batchSize}.${repeat}.npy`),
  report: (out: string): string => join(out, 'report.html'),
  /** What later runs may use again. */
  cache: (out: string): string => join(out, 'cache'),
  retrainings: (cache: string): string => join(cache, 'retrainings.jsonl'),
  explanations: (cache: string): string => join(cache, 'explanations'),
  /** Without extension: `.npy` for the values, `.json` for their origin. */
  maps: (out: string, dataset: string, model: string, method: string, backend: string, seed: number): string =>
    join(out, 'maps', `${dataset}.${model}.${method}.${backend.replace('/', '-')}.seed${seed}`),
  /** The explained images, without extension. */
  inputs: (out: string, dataset: string, seed: number): string => join(out, 'maps', `inputs.${dataset}.seed${seed}`),
  /** The map of accumulated gradients of each epoch of a training, without extension. */
  record: (out: string, dataset: string, model: string, seed: number): string => join(out, 'maps', `training.${dataset}.${model}.seed${seed}`),
  network: (out: string, dataset: string, model: string, seed: number): string => join(out, 'networks', `${dataset}.${model}.seed${seed}`),
} as const;
