import { availableParallelism, totalmem } from 'node:os';
import { basename, resolve } from 'node:path';
import { isPellucidError, PellucidError, suggestNames } from '@pellucid/core';
import { pruningRecipe } from '@pellucid/training';
import { zooModels } from '@pellucid/zoo';
import { checkDataDir, EMBEDDED, findSource, probeSource } from '../data/sources.ts';
import { NETWORKS } from '../data/networks.ts';
import { CONTROLS } from '../plugins/known-methods.ts';
import { chooseControl, chooseMethods } from '../plugins/load-methods.ts';
import { chooseMetrics, RETRAINING_METRICS } from '../plugins/load-metrics.ts';
import { PUBLISHED_DATASETS, PUBLISHED_RECIPES } from '../prune/published-figures.ts';
import { RECORDED_RANKINGS } from '../prune/recorded-rankings.ts';
import { hashOf } from '../store/hash.ts';
import type { ProtocolRecord } from '../store/run-record.ts';
import { FACTORS, type StudyConfiguration } from '../study/study-configuration.ts';
import { adaptProtocol, given } from './adapt-protocol.ts';
import {
  BACKENDS, type BackendName, type DataSource, type Execution, type PruneConfiguration, type PruningSettings, type Recipe, type RunConfiguration,
} from './configuration.ts';
import { readProtocol, type Protocol } from './protocol.ts';
import type { PruningChoice, Settings } from './settings.ts';

/** A run as it was asked for, everything decided. */
export interface ResolvedRun {
  readonly configuration: RunConfiguration;
  readonly protocol: ProtocolRecord;
}

/** Picks known names, in their own order. @throws METHOD_UNKNOWN with the nearest names. */
function pick<Name extends string>(kind: string, wanted: readonly string[], known: readonly Name[]): Name[] {
  const chosen = wanted.map((name) => {
    const match = known.find((candidate) => candidate === name);
    if (match === undefined) throw new PellucidError('METHOD_UNKNOWN', { kind, name, help: suggestNames(name, known) });
    return match;
  });
  return known.filter((name) => chosen.includes(name));
}

const pickBackends = (wanted: readonly string[]): BackendName[] =>
  pick('backend', wanted.map((name) => (name === 'tfjs/wasm' ? 'tfjs' : name)), BACKENDS);

/** Those of the protocol that this machine has: a native engine of tfjs is there or not. */
async function findInstalled({ backendsWhereInstalled }: Protocol): Promise<readonly string[]> {
  const { isInstalled } = await import('@pellucid/backend-tfjs');
  return pickBackends(backendsWhereInstalled).filter((name) => (name !== 'tfjs/node' && name !== 'tfjs/node-gpu') || isInstalled(name === 'tfjs/node' ? 'node' : 'node-gpu'));
}

/** Names that stand in one text, separated by commas, each once. */
const splitNames = (text: string): string[] => unique(text.split(',').map((name) => name.trim()));

const unique = <Value>(values: readonly Value[]): Value[] => [...new Set(values)];

/** A network that trains in seconds on the embedded set, and well enough on the small public ones. */
const RECIPE: Recipe = { network: 'pruning-cnn', width: 8, ...pruningRecipe };
const TRAINING: Omit<Recipe, 'network'> = { width: 10, epochs: 5, batchSize: 64, learningRate: 3e-3 };
/** A cell that takes longer counts as hung. */
const TIMEOUT_SECONDS = 900;

/** What the workers may hold together: most of what this process could have. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  return 0.9 * (limit > 0 ? Math.min(limit, totalmem()) : totalmem());
}

/** The settings of where and how, for any command. */
export function resolveExecution(settings: Settings, folder: string, resume: boolean): Execution {
  const { workers = availableParallelism(), memory } = settings;
  const out = resolve(folder, settings.out ?? 'results');
  return {
    out,
    cache: settings.cache === undefined ? resolve(out, 'cache') : resolve(folder, settings.cache),
    workers,
    resume,
    timeout: settings.timeout ?? TIMEOUT_SECONDS,
    memory: memory === undefined ? availableMemory() / Math.max(workers, 1) : memory * 2 ** 20,
  };
}

function chooseModels(wanted: readonly string[], sources: readonly DataSource[]): string[] {
  const zoo = zooModels.map(({ name }) => name);
  // A network has to be there for every data set: trained along, or to be trained.
  for (const { name } of sources) pick('network', wanted, name === EMBEDDED ? zoo : NETWORKS);
  return unique([...zoo, ...NETWORKS]).filter((name) => wanted.includes(name));
}

function resolvePruning({ fractions = [60, 40, 10], images = 96, ...recipe }: ReturnType<typeof given<PruningChoice>>, sources: readonly DataSource[]): PruningSettings {
  if (recipe.network !== undefined) pick('network', [recipe.network], NETWORKS);
  return {
    fractions: unique(fractions),
    images: Math.min(images, ...sources.map(({ trainImages }) => trainImages)),
    recipe: { ...RECIPE, ...recipe },
  };
}

/** The protocol with every default written out: the same on every machine. */
function recordProtocol(protocol: Protocol, changed: readonly string[], configuration: RunConfiguration): ProtocolRecord {
  const { datasets, models, backends, methods, metrics, samples, references, seeds, training, pruning, statistics } = configuration;
  const { format, name, description, images, controls, backendsWhereInstalled } = protocol;
  const own = (metric: string): boolean => metric === 'pruning' || metric === 'agreement';
  const resolved = {
    format, name, description, images,
    datasets: datasets.map((source) => ({ name: source.name, trainImages: source.trainImages, testImages: source.testImages })),
    models, backends, backendsWhereInstalled,
    methods: methods.filter(({ control }) => !control).map((choice) => ({
      name: choice.name, method: choice.method, ...(choice.entry !== null && { package: choice.packageName }), options: choice.options,
    })),
    controls,
    metrics: [
      ...metrics.filter(({ metric }) => !own(metric)).map((choice) => ({
        name: choice.name, metric: choice.metric, ...(choice.entry !== null && { package: choice.packageName }), options: choice.options,
        // ROAR and KAR score every test image.
        ...(choice.category !== 'retraining' && { samples: choice.samples, on: choice.on }),
      })),
      ...unique(metrics.map(({ metric }) => metric).filter(own)).map((metric) => ({ name: metric })),
    ],
    samples, references, seeds, training,
    pruning: pruning === null ? {} : { fractions: pruning.fractions, images: pruning.images, ...pruning.recipe },
    statistics,
  };
  // As a file would hold it: options without a value are gone.
  return { name, hash: hashOf(resolved), changed, resolved: JSON.parse(JSON.stringify(resolved)) as unknown };
}

/** The protocol and what settings change in it. A data folder that is named after a data set of the protocol holds that set alone. */
function adaptedProtocol(settings: Settings, folder: string): ReturnType<typeof adaptProtocol> {
  const { dataset, dataDir, quick = false } = settings;
  const protocol = readProtocol(settings.protocol ?? (quick ? 'quick' : 'standard'), folder);
  const held = dataDir === undefined ? undefined : protocol.datasets.find(({ name }) => name === basename(dataDir))?.name;
  return adaptProtocol(protocol, { ...settings, dataset: dataset ?? held });
}

/**
 * Reads the protocol of `run`, puts in what a person said, and checks names and options.
 * @param folder - the folder of the user, from which packages of methods and metrics are looked for
 * @throws METHOD_UNKNOWN, OPTION_INVALID, OPTION_UNKNOWN, CONFIGURATION_INVALID.
 */
export async function resolveRun(settings: Settings, folder: string): Promise<ResolvedRun> {
  const { dataDir, metricOptions = {}, methodOptions = {} } = settings;
  const { protocol, changed } = adaptedProtocol(settings, folder);
  const { images, training, statistics, references, seeds } = protocol;
  const datasets = protocol.datasets.map(({ name, trainImages = images.train, testImages = images.test }) =>
    findSource({ name, trainImages, testImages }, dataDir, folder));
  checkDataDir(datasets, dataDir);
  const models = chooseModels(protocol.models, datasets);
  const methods = await chooseMethods(protocol.methods, methodOptions, { baseline: protocol.baseline }, folder);
  const controls = pick('control', protocol.controls, CONTROLS).map(chooseControl);
  const samples = Math.min(protocol.samples, ...datasets.map(({ testImages }) => testImages));
  const pruning = resolvePruning(given(protocol.pruning), datasets);
  const metrics = await chooseMetrics(protocol.metrics, {
    samples, shared: { substrate: protocol.substrate }, given: metricOptions, fractions: pruning.fractions, from: folder,
  });
  const configuration: RunConfiguration = {
    datasets, models, methods: [...methods, ...controls], backends: pickBackends([...protocol.backends, ...(settings.backends === undefined ? await findInstalled(protocol) : [])]), metrics, samples, seeds,
    references: Math.min(references, ...datasets.map(({ trainImages }) => trainImages)),
    training: { ...TRAINING, ...given(training) },
    pruning: metrics.some(({ metric }) => RETRAINING_METRICS.includes(metric)) ? pruning : null,
    statistics,
  };
  return { configuration, protocol: recordProtocol(protocol, changed, configuration) };
}

/** The data of the commands that train. */
function trainingSource({ dataDir, quick = false, published = false, trainImages, testImages }: Settings, name: string, folder: string): DataSource {
  const some = published ? { train: Infinity, test: Infinity } : { train: 6000, test: 1000 };
  const counts = quick ? { train: 96, test: 48 } : name === EMBEDDED ? { train: 1200, test: 400 } : some;
  return findSource({ name, trainImages: trainImages ?? counts.train, testImages: testImages ?? counts.test }, dataDir, folder);
}

/** Why the files of a data set cannot be used, where they are missing. @throws DATA_INVALID where they are damaged. */
async function whyAbsent(source: DataSource): Promise<PellucidError | null> {
  try {
    await probeSource({ ...source, trainImages: 1, testImages: 1 });
    return null;
  } catch (error) {
    if (isPellucidError(error) && error.code === 'DATA_MISSING') return error;
    throw error;
  }
}

/** The data sets of `prune`: those that were named, or those of the published table whose files are there. @throws DATA_MISSING where none is. */
async function pruneSources(settings: Settings, folder: string): Promise<Pick<PruneConfiguration, 'datasets' | 'absent'>> {
  const { dataset, dataDir, published = false } = settings;
  const names = dataset === undefined ? (published ? PUBLISHED_DATASETS : [EMBEDDED]) : splitNames(dataset);
  const sources = names.map((name) => trainingSource(settings, name, folder));
  checkDataDir(sources, dataDir);
  if (dataset !== undefined || !published) return { datasets: sources, absent: [] };
  const reasons = await Promise.all(sources.map(whyAbsent));
  const datasets = sources.filter((_, i) => reasons[i] === null);
  const [first] = reasons;
  if (datasets.length === 0 && first) throw first;
  return { datasets, absent: sources.flatMap(({ name }, i) => (reasons[i] ? [{ dataset: name, reason: reasons[i].message }] : [])) };
}

/** What the settings say of a recipe outside `pruning`. */
const recipeSaid = ({ width, epochs, batchSize, learningRate, images }: Settings): ReturnType<typeof given<PruningChoice>> => given({ width, epochs, batchSize, learningRate, images });

/** The recipes of `prune`: one for each network. */
function pruneRecipes({ network, published = false }: Settings, said: Partial<Recipe>): readonly Recipe[] {
  const base = published ? PUBLISHED_RECIPES : [];
  const networks = network === undefined ? (said.network === undefined && published ? base.map((recipe) => recipe.network) : [said.network ?? RECIPE.network]) : splitNames(network);
  pick('network', networks, NETWORKS);
  return networks.map((name) => ({ ...RECIPE, ...base.find((recipe) => recipe.network === name), ...said, network: name }));
}

const STUDY: { readonly batchSizes: readonly number[]; readonly repeats: number } = { batchSizes: [8, 64, 512, 4096], repeats: 4 };

/** Fills in what a person left out of `study`. @throws METHOD_UNKNOWN, CONFIGURATION_INVALID. */
export function resolveStudy(settings: Settings, folder: string): StudyConfiguration {
  const data = trainingSource(settings, settings.dataset ?? EMBEDDED, folder);
  checkDataDir([data], settings.dataDir);
  const { network = RECIPE.network, batchSizes = STUDY.batchSizes, factors = FACTORS, repeats = STUDY.repeats } = settings;
  pick('network', [network], NETWORKS);
  const { width, epochs, learningRate } = resolvePruning({ ...given(settings.pruning), ...recipeSaid(settings) }, [data]).recipe;
  return { data, recipe: { network, width, epochs, learningRate }, batchSizes: unique(batchSizes), factors: unique(factors), repeats };
}

const PRUNE_CONTROLS: readonly string[] = ['random', 'edges', 'centre-prior'];

/** Fills in what a person left out of `prune`. @throws as `resolveRun`. */
export async function resolvePrune(settings: Settings, folder: string): Promise<PruneConfiguration> {
  const names = unique(settings.rankings ?? ['accumulated-gradients', ...PRUNE_CONTROLS]);
  const wanted = names.filter((ranking) => !CONTROLS.includes(ranking))
    .map((ranking) => ({ name: ranking, ...(RECORDED_RANKINGS.includes(ranking) && { method: 'accumulated-gradients' }) }));
  const methods = await chooseMethods(wanted, settings.methodOptions ?? {}, {}, folder);
  const controls = names.filter((ranking) => CONTROLS.includes(ranking)).map(chooseControl);
  const said = { ...(settings.quick === true && { epochs: 1, images: 16 }), ...given(settings.pruning), ...recipeSaid(settings) };
  const { datasets, absent } = await pruneSources(settings, folder);
  const { fractions, images } = resolvePruning(said, datasets);
  const { network, width, epochs, batchSize, learningRate } = said;
  return {
    datasets, absent,
    rankings: [...methods, ...controls],
    fractions: unique(settings.fractions ?? fractions),
    directions: unique(settings.directions ?? ['keep']),
    seeds: settings.seeds ?? 3,
    images,
    recipes: pruneRecipes(settings, given({ network, width, epochs, batchSize, learningRate })),
  };
}
