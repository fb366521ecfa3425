import { join } from 'node:path';

/** Where everything lies in the folder of a run. */
export const FILES = {
  results: (out: string): string => join(out, 'results.jsonl'),
  pruning: (out: string): string => join(out, 'pruning.jsonl'),
  run: (out: string): string => join(out, 'run.json'),
  report: (out: string): string => join(out, 'report.html'),
  retrainings: (out: string): string => join(out, 'cache', 'retrainings.jsonl'),
  /** Without extension: `.npy` for the values, `.json` for their origin. */
  maps: (out: string, model: string, method: string, backend: string, seed: number): string =>
    join(out, 'maps', `${model}.${method}.${backend.replace('/', '-')}.seed${seed}`),
  /** The explained images, without extension. */
  inputs: (out: string, seed: number): string => join(out, 'maps', `inputs.seed${seed}`),
  /** The map of accumulated gradients of each epoch of a training, without extension. */
  record: (out: string, model: string, seed: number): string => join(out, 'maps', `training.${model}.seed${seed}`),
  network: (out: string, model: string, seed: number): string => join(out, 'networks', `${model}.seed${seed}`),
} as const;
