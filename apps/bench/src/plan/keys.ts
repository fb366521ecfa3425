import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatOf, type BackendName, type DataSource, type MetricChoice, type RunConfiguration, type SampleSet } from '../configuration/configuration.ts';
import { EMBEDDED, loadImages } from '../data/sources.ts';
import { hashOf, sha256 } from '../store/hash.ts';
import type { ModelFiles } from '../worker/protocol.ts';
import { readFingerprints, type Fingerprints } from './fingerprints.ts';
import type { Comparison, Group, RetrainedCell } from './plan.ts';

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

/** The hash of the images of a data set. Those that are drawn by the project are what its code is. */
async function hashData(source: DataSource): Promise<string> {
  const { name, trainImages, testImages } = source;
  const said = { name, trainImages, testImages };
  if (name === EMBEDDED) return hashOf(said);
  const [train, test] = [await loadImages(source, 'train'), await loadImages(source, 'test')];
  return hashOf([said, ...[train, test].map(({ images, labels }) => sha256(bytesOf(images.data), bytesOf(labels)))]);
}

/** Content hashes of what a run makes: equal hashes mean equal numbers. */
export interface Keys {
  /** Of the images of a data set and of the code that trains on them. */
  readonly data: (source: DataSource) => string;
  readonly explanation: (group: Group, files: ModelFiles, set: SampleSet | 'references') => string;
  /** Of the ranks of the pixels of all images of a split. */
  readonly ranks: (group: Group, files: ModelFiles, split: 'train' | 'test') => string;
  readonly scored: (group: Group, files: ModelFiles, metric: MetricChoice) => string;
  readonly pruned: (group: Group, files: ModelFiles, fraction: number) => string;
  readonly retrained: (group: Group, files: ModelFiles, cell: RetrainedCell) => string;
  readonly compared: (comparison: Comparison, files: ModelFiles) => string;
}

function modelHash(files: ModelFiles, backend: BackendName): string {
  const file = files[formatOf(backend)];
  // A model.json of tfjs keeps its weights beside it.
  const weights = formatOf(backend) === 'tfjs' ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly weightsManifest?: readonly { readonly paths: readonly string[] }[] }).weightsManifest : [];
  return sha256(readFileSync(file), ...(weights ?? []).flatMap(({ paths }) => paths).map((path) => readFileSync(join(dirname(file), path))));
}

/** Hashes of the images of data sets, each with the code that makes and trains on them. @throws DATA_MISSING, DATA_INVALID. */
export async function hashSources(sources: readonly DataSource[], versions: Fingerprints): Promise<(source: DataSource) => string> {
  const hashes = new Map<string, string>();
  for (const source of sources) hashes.set(source.name, hashOf([versions.data, await hashData(source)]));
  return ({ name }) => {
    const hash = hashes.get(name);
    if (hash === undefined) throw new Error(`internal: no data set ${name}`);
    return hash;
  };
}

/** How many samples a set holds. Mosaics are made for metrics alone: as many as the one that wants most. */
export function sampleCount({ samples, references, metrics }: RunConfiguration, set: SampleSet | 'references'): number {
  if (set === 'references') return references;
  return set === 'samples' ? samples : Math.max(0, ...metrics.filter(({ on }) => on === set).map((metric) => metric.samples));
}

/** Prepares the keys of a run. @throws DATA_MISSING, DATA_INVALID. */
export async function prepareKeys(configuration: RunConfiguration): Promise<Keys> {
  const { datasets, references, pruning } = configuration;
  const versions = readFingerprints();
  const data = await hashSources(datasets, versions);
  const models = new Map<string, string>();
  const hashModel = (files: ModelFiles, backend: BackendName): string => {
    const file = files[formatOf(backend)];
    const hash = models.get(file) ?? modelHash(files, backend);
    models.set(file, hash);
    return hash;
  };
  const subject = (group: Group, files: ModelFiles): Readonly<Record<string, unknown>> => ({
    data: data(group.data), versions: [versions.backend(group.backend), versions.method(group.method)],
    model: hashModel(files, group.backend), backend: group.backend, seed: group.seed, references,
    method: [group.method.packageName, group.method.method, group.method.options, group.method.control],
  });
  const explanation: Keys['explanation'] = (group, files, set) => hashOf({ ...subject(group, files), set, count: sampleCount(configuration, set) });
  const ranks: Keys['ranks'] = (group, files, split) =>
    hashOf({ ...subject(group, files), split, ranks: versions.metric({ packageName: null, entry: null }) });
  return {
    data,
    explanation,
    scored: (group, files, metric) => hashOf({
      maps: explanation(group, files, metric.on), metric: [metric.packageName, metric.metric, metric.options, metric.samples], version: versions.metric(metric),
    }),
    pruned: (group, files, fraction) => hashOf({ ...subject(group, files), fraction, pruning: pruning && { images: pruning.images, recipe: pruning.recipe } }),
    ranks,
    retrained: (group, files, { metric, percents, retrainings }) =>
      hashOf({ ranks: [ranks(group, files, 'train'), ranks(group, files, 'test')], metric, percents, retrainings, recipe: pruning && pruning.recipe }),
    compared: ({ groups }, files) => hashOf(groups.map((group) => explanation(group, files, 'samples'))),
  };
}
