import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { PellucidError, suggestNames } from '@pellucid/core';
import { deletion, insertion } from '@pellucid/metrics';
import { pruningRecipe } from '@pellucid/training';
import { zooModels } from '@pellucid/zoo';
import { EMBEDDED, findSource } from '../data/sources.ts';
import { NETWORKS } from '../data/networks.ts';
import { chooseMethods } from '../plugins/load-methods.ts';
import { CONTROLS, KNOWN_METHODS } from '../plugins/known-methods.ts';
import {
  BACKENDS, METRICS, type BackendName, type Execution, type PruneConfiguration, type Recipe, type RunConfiguration,
} from './configuration.ts';
import type { Settings } from './settings.ts';

/** Picks known names. @throws METHOD_UNKNOWN with the nearest names. */
function pick<Name extends string>(kind: string, wanted: readonly string[] | undefined, known: readonly Name[], fallback: readonly Name[] = known): Name[] {
  if (wanted === undefined) return [...fallback];
  const chosen = wanted.map((name) => {
    const match = known.find((candidate) => candidate === name);
    if (match === undefined) throw new PellucidError('METHOD_UNKNOWN', { kind, name, help: suggestNames(name, known) });
    return match;
  });
  return known.filter((name) => chosen.includes(name));
}

/** Leaves out settings that were not made, so that they do not hide a default. */
function given<Value extends object>(value: Value | undefined): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  const entries = Object.entries(value ?? {}).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Value]?: Exclude<Value[Key], undefined> };
}

/** ONNX Runtime and tfjs on WebAssembly, and on TensorFlow where its package is installed. */
async function defaultBackends(): Promise<BackendName[]> {
  const { isInstalled } = await import('@pellucid/backend-tfjs');
  return ['onnxruntime', 'tfjs', ...(isInstalled('node') ? (['tfjs/node'] as const) : [])];
}

async function pickBackends(wanted: readonly string[] | undefined): Promise<BackendName[]> {
  if (wanted === undefined) return defaultBackends();
  return pick('backend', wanted.map((name) => (name === 'tfjs/wasm' ? 'tfjs' : name)), BACKENDS);
}

function checkMetricOptions(options: Readonly<Record<string, Readonly<Record<string, unknown>>>>): void {
  const factories = { deletion, insertion };
  for (const [name, values] of Object.entries(options)) {
    const factory = Object.values(factories).find((candidate) => candidate.name === name);
    if (factory === undefined) {
      throw new PellucidError('METHOD_UNKNOWN', { kind: 'metric with options', name, help: suggestNames(name, Object.keys(factories)) });
    }
    factory(values);
  }
}

const unique = <Value>(values: readonly Value[]): Value[] => [...new Set(values)];

/** A network that trains in seconds on the embedded set, and well enough on the small public ones. */
const RECIPE: Recipe = { network: 'pruning-cnn', width: 8, ...pruningRecipe };

/** The settings of where and how, for any command. */
export function resolveExecution(settings: Settings, folder: string, resume: boolean): Execution {
  return {
    out: resolve(folder, settings.out ?? 'results'),
    workers: settings.workers ?? availableParallelism(),
    resume,
  };
}

/**
 * Fills in what a person left out of `run`, and checks names and options.
 * @param folder - the folder of the user, from which packages of methods are looked for
 * @throws METHOD_UNKNOWN, OPTION_INVALID, OPTION_UNKNOWN, CONFIGURATION_INVALID, DATA_MISSING.
 */
export async function resolveRun(settings: Settings, folder: string): Promise<RunConfiguration> {
  const { quick = false, metricOptions = {}, pruning } = settings;
  const data = findSource(settings, folder, quick);
  const embedded = data.name === EMBEDDED;
  const zoo = zooModels.map(({ name }) => name);
  const models = embedded
    ? pick('network', settings.models, zoo, quick ? zoo.slice(0, 1) : zoo)
    : pick('network', settings.models, NETWORKS, ['plain-cnn']);
  const methodNames = settings.methods === undefined ? KNOWN_METHODS.map(({ name }) => name) : settings.methods;
  const methods = await chooseMethods([...methodNames, ...CONTROLS], settings.methodOptions ?? {}, folder);
  checkMetricOptions(metricOptions);
  const { fractions = quick ? [10] : [60, 40, 10], images = quick ? 16 : 96, ...recipe } = given(pruning);
  pick('network', recipe.network === undefined ? undefined : [recipe.network], NETWORKS);
  return {
    data,
    models,
    methods,
    backends: await pickBackends(settings.backends),
    metrics: pick('metric', settings.metrics, METRICS),
    metricOptions,
    samples: Math.min(settings.samples ?? (quick ? 8 : 64), data.testImages),
    seeds: settings.seeds ?? 1,
    training: { width: 10, epochs: quick ? 1 : 5, batchSize: 64, learningRate: 3e-3, ...given(settings.training) },
    pruning: {
      fractions: unique(fractions),
      images: Math.min(images, data.trainImages),
      recipe: { ...RECIPE, ...(quick && { epochs: 1 }), ...recipe },
    },
  };
}

/** Fills in what a person left out of `prune`. @throws as `resolveRun`. */
export async function resolvePrune(settings: Settings, folder: string): Promise<PruneConfiguration> {
  const quick = settings.quick ?? false;
  const data = findSource(settings, folder, quick);
  const rankings = await chooseMethods(
    settings.rankings ?? ['accumulated-gradients', ...CONTROLS],
    settings.methodOptions ?? {},
    folder,
  );
  const { images = quick ? 16 : 96, fractions = [60, 40, 10], ...recipe } = given(settings.pruning);
  const network = settings.network ?? recipe.network ?? RECIPE.network;
  pick('network', [network], NETWORKS);
  return {
    data,
    rankings,
    fractions: unique(settings.fractions ?? fractions),
    seeds: settings.seeds ?? 3,
    images: Math.min(images, data.trainImages),
    recipe: { ...RECIPE, ...(quick && { epochs: 1 }), ...recipe, network },
  };
}
