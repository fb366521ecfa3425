import { dirname, resolve } from 'node:path';
import type { Recipe } from './configuration.ts';
import { readJson } from './parse-json.ts';
import { checkSettings } from './schemas.ts';

type Optional<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | undefined };

/** Recipe and ranking of pruning, as far as they are said. */
export type PruningChoice = Optional<Recipe & { fractions: number[]; images: number }>;

/** What a person can say about a run, in a configuration file or on the command line. Everything may be left out. */
export type Settings = Optional<{
  /** Name of a protocol that comes along, or its file. */
  protocol: string;
  dataset: string;
  dataDir: string;
  trainImages: number;
  testImages: number;
  models: string[];
  methods: string[];
  methodOptions: Record<string, Record<string, unknown>>;
  backends: string[];
  metrics: string[];
  metricOptions: Record<string, Record<string, unknown>>;
  samples: number;
  references: number;
  seeds: number;
  workers: number;
  /** Seconds that one cell may take. */
  timeout: number;
  /** MiB that one worker may hold. */
  memory: number;
  out: string;
  cache: string;
  quick: boolean;
  training: Optional<Omit<Recipe, 'network'>>;
  pruning: PruningChoice;
  /** Of `prune` and `study`; `prune` takes several, separated by commas, as it does data sets. */
  network: string;
  /** The published table of pruning: its data sets, networks and recipe. */
  published: boolean;
  rankings: string[];
  fractions: number[];
  directions: ('keep' | 'remove')[];
  batchSizes: number[];
  factors: ('seed' | 'initialisation' | 'order')[];
  /** Trainings of a group of the study. */
  repeats: number;
  /** Of the network that is pruned for, where they stand outside `pruning`. */
  width: number;
  epochs: number;
  batchSize: number;
  learningRate: number;
  /** Training images whose maps rank the pixels. */
  images: number;
}>;

/**
 * Reads a JSON configuration file; paths in it are relative to its folder.
 * @throws CONFIGURATION_INVALID when it is missing, no JSON, or says something unknown.
 */
export function readSettings(path: string): Settings {
  const settings = checkSettings(readJson(path), `file \`${path}\``);
  const folder = dirname(path);
  const { dataDir, out, cache, protocol } = settings;
  return {
    ...settings,
    ...(dataDir !== undefined && { dataDir: resolve(folder, dataDir) }),
    ...(out !== undefined && { out: resolve(folder, out) }),
    ...(cache !== undefined && { cache: resolve(folder, cache) }),
    ...(protocol?.endsWith('.json') && { protocol: resolve(folder, protocol) }),
  };
}
