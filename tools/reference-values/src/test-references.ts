import { expect, test } from '@jest/globals';
import { explain, findLayer, sampleData, tensor, zeros, type Capability, type Explanation, type ModelAdapter, type SampleMethod, type Tensor } from '@pellucid/core';
import { relativeDifference } from '@pellucid/testkit';
import { readReferenceModels, referenceTolerance, type ReferenceNetwork } from './read-references.ts';

/** Where maps are compared with those of another implementation, and which. */
interface Comparison<Needs extends Capability> {
  readonly networks: readonly string[];
  /** Name of the stored output. */
  readonly key: string;
  /** Loads a model file of the folder. */
  readonly load: (file: string) => Promise<ModelAdapter<Needs>>;
  /** The largest relative difference. @defaultValue five times that of their own single and double precision */
  readonly tolerance?: ((network: string) => number | undefined) | undefined;
}

/** How maps are compared with those of another implementation. */
export interface References<Needs extends Capability> extends Comparison<Needs> {
  /** The method for this network. */
  readonly method: (network: ReferenceNetwork) => SampleMethod<Needs>;
  /** What else holds of the explanation. */
  readonly also?: ((explanation: Explanation, network: ReferenceNetwork) => void) | undefined;
}

/** How the maps of a layer are compared with those of another implementation. */
export interface LayerReferences<Needs extends Capability> extends Comparison<Needs> {
  /** Which part of the output. @defaultValue '_raw', the map before it is cut, scaled and resized */
  readonly part?: string | undefined;
  /** The method at this layer, with raw maps. */
  readonly method: (layer: string, network: ReferenceNetwork) => SampleMethod<Needs>;
  /** Whether the stored maps are known up to their sign alone, as eigenvectors are. @defaultValue false */
  readonly anySign?: boolean | undefined;
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

/** A test for every model file of every network that has the output; one that is skipped where the folder is not. */
function testFiles<Needs extends Capability>(
  { networks, key, load, tolerance }: Comparison<Needs>, part: string,
  explainFile: (model: ModelAdapter<Needs>, network: ReferenceNetwork) => Promise<Explanation>, anySign: boolean,
): void {
  const models = readReferenceModels(networks).filter(({ network }) => network.methods.includes(key));
  if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);
  for (const { title, file, network } of models) {
    test(`${title}: agrees with ${key}`, async () => {
      const expected = network.value(key, part);
      const model = await load(file);
      try {
        const { values } = await explainFile(model, network);
        const allowed = tolerance?.(network.name) ?? referenceTolerance(expected);
        expect(relativeDifference(comparable(values, expected.values, anySign), expected.values)).toBeLessThanOrEqual(allowed);
      } finally {
        await model.dispose();
      }
    });
  }
}

/** Registers tests that a method's maps are those of another implementation, in every model file of every network that has them. */
export function testReferences<Needs extends Capability>(references: References<Needs>): void {
  const run = async (model: ModelAdapter<Needs>, network: ReferenceNetwork): Promise<Explanation> => {
    const explanation = await explain(model, references.method(network), { input: network.input, targets: network.targets });
    references.also?.(explanation, network);
    return explanation;
  };
  testFiles(references, 'main', run, false);
}

/** The same for maps of the layer that the other implementation was asked about. */
export function testLayerReferences<Needs extends Capability>(references: LayerReferences<Needs>): void {
  const { method, part = '_raw', anySign = false } = references;
  const run = (model: ModelAdapter<Needs>, network: ReferenceNetwork): Promise<Explanation> =>
    explain(model, method(layerOf(model, network.camLayer ?? 'last'), network), { input: network.input, targets: network.targets });
  testFiles(references, part, run, anySign);
}
