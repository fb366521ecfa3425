import { explain, findLayer, sampleData, tensor, zeros, type Capability, type ModelAdapter, type SampleMethod, type Tensor } from '@pellucid/core';
import type { ContractCheck } from '../contract-check.ts';
import { relativeDifference, require } from './assertions.ts';
import { readReferenceModels, referenceTolerance, type ReferenceNetwork } from './reference-values.ts';

/** How the maps of a layer are compared with those of another implementation. */
export interface MapReferences<Needs extends Capability> {
  /** The folder of reference values, and the networks of it. */
  readonly folder: string;
  readonly networks: readonly string[];
  /** Name of the stored output. */
  readonly key: string;
  /** Which part of it. @defaultValue '_raw', the map before it is cut, scaled and resized */
  readonly part?: string | undefined;
  /** Loads a model file of the folder. */
  readonly load: (file: string) => Promise<ModelAdapter<Needs>>;
  /** The method at this layer, with raw maps. */
  readonly method: (layer: string, network: ReferenceNetwork) => SampleMethod<Needs>;
  /** Whether the stored maps are known up to their sign alone, as eigenvectors are. @defaultValue false */
  readonly anySign?: boolean | undefined;
  /** The largest relative difference. @defaultValue five times that of their own single and double precision */
  readonly tolerance?: ((network: string) => number | undefined) | undefined;
}

/** Layers that are not in the files in which batch normalisation is folded into the convolution before, and that convolution. */
const FOLDED: ReadonlyMap<string, string> = new Map([['bnh', 'head']]);

function layerOf(model: ModelAdapter<never>, layer: string): string {
  const folded = FOLDED.get(layer);
  if (folded === undefined || model.layers.some(({ aliases }) => aliases.includes(layer))) return findLayer(model, layer).name;
  return findLayer(model, folded).name;
}

/** Maps in the shape of the expected ones, which may lack the axis of one channel; turned to their sign where theirs is arbitrary. */
function comparable(maps: Tensor, expected: Tensor, anySign: boolean): Tensor {
  const shaped = tensor(expected.shape, maps.data);
  if (!anySign) return shaped;
  const turned = zeros(expected.shape);
  for (let sample = 0; sample < expected.shape[0]!; sample++) {
    const [map, other] = [sampleData(shaped, sample), sampleData(expected, sample)];
    const sign = map.reduce((sum, value, i) => sum + value * other[i]!, 0) < 0 ? -1 : 1;
    sampleData(turned, sample).set(map.map((value) => sign * value));
  }
  return turned;
}

async function compare<Needs extends Capability>(file: string, network: ReferenceNetwork, references: MapReferences<Needs>): Promise<void> {
  const { key, part = '_raw', load, method, anySign = false, tolerance } = references;
  const expected = network.value(key, part);
  const allowed = tolerance?.(network.name) ?? referenceTolerance(expected);
  const model = await load(file);
  try {
    const layer = layerOf(model, network.camLayer ?? 'last');
    const { values } = await explain(model, method(layer, network), { input: network.input, targets: network.targets });
    const difference = relativeDifference(comparable(values, expected.values, anySign), expected.values);
    require(difference <= allowed, `relative difference ${difference}, allowed ${allowed}`);
  } finally {
    await model.dispose();
  }
}

/** Compares a method's raw maps with stored ones, in every model file of every network that has them; none where the folder is not. */
export function mapReferenceChecks<Needs extends Capability>(references: MapReferences<Needs>): ContractCheck[] {
  return readReferenceModels(references.folder, references.networks)
    .filter(({ network }) => network.methods.includes(references.key))
    .map(({ title, file, network }) => ({ name: `${title}: agrees with ${references.key}`, run: () => compare(file, network, references) }));
}
