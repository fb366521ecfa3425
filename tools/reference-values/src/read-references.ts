import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decodeNpy, type Features, type Tensor } from '@pellucid/core';

/** Beside the repository: tests pass without. */
const GOLDEN: string = join(import.meta.dirname, '../../../../shared/golden');

/** The features of stored perturbations: blocks of 4 x 4 pixels, or each value of a vector. */
export function referenceFeatures({ shape: [, , height, width] }: Tensor): Features {
  return height === undefined || width === undefined ? 'each' : [height / 4, width / 4];
}

/** Activations other than ReLU in a network, as the exporters write them with their operator; networks without are not listed. */
export const OTHER_ACTIVATIONS: Readonly<Record<string, RegExp>> = {
  mlp: /\(Tanh\)$/,
  mobile: /\((Clip|HardSwish|HardSigmoid|Mul)\)$/,
  zoo: /\((LeakyRelu|Elu|Softplus|Tanh|Sigmoid|Erf|Mul|PRelu)\)$/,
};

/** One stored output of another implementation, and how closely single precision can hope to follow it. */
export interface ReferenceValue {
  /** The float64 values where they are stored, rounded to single precision. */
  readonly values: Tensor;
  /** Largest difference between their own float32 and float64 run, divided by the largest absolute value. */
  readonly agreement: number;
}

/** A network with the outputs of other implementations for it. */
export interface ReferenceNetwork {
  readonly name: string;
  /** ONNX files of the same network. */
  readonly models: readonly string[];
  readonly input: Tensor;
  readonly baseline: Tensor;
  readonly targets: readonly number[];
  /** The layer of class activation maps, as the source framework calls it. */
  readonly camLayer: string | undefined;
  /** Names of the stored outputs. */
  readonly methods: readonly string[];
  /** A stored output: `main`, or a part such as `_delta`. */
  readonly value: (method: string, part?: string) => ReferenceValue;
}

interface Manifest {
  readonly cam_layer?: string | null;
  readonly onnx: Readonly<Record<string, unknown>>;
  readonly methods: Readonly<Record<string, { readonly outputs: Readonly<Record<string, StoredOutput>> }>>;
}

interface StoredOutput {
  readonly file: string;
  readonly f64_file?: string;
  readonly f32_vs_f64_rel?: number;
}

/**
 * Reads a folder of reference values: `manifest.json`, `input.npy`, `baseline.npy`, `targets.npy`, `attr/*.npy` and ONNX files.
 * Gives undefined where the folder does not exist.
 */
function readReferenceNetwork(name: string): ReferenceNetwork | undefined {
  const folder = join(GOLDEN, name);
  if (!existsSync(join(folder, 'manifest.json'))) return undefined;
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const read = (file: string): Tensor => decodeNpy(readFileSync(join(folder, file)), file);
  return {
    name,
    models: Object.keys(manifest.onnx).map((file) => join(folder, file)),
    input: read('input.npy'),
    baseline: read('baseline.npy'),
    targets: [...read('targets.npy').data],
    camLayer: manifest.cam_layer ?? undefined,
    methods: Object.keys(manifest.methods),
    value: (method, part = 'main') => {
      const output = manifest.methods[method]?.outputs[part];
      if (output === undefined) throw new Error(`no reference value ${method} (${part}) in ${folder}`);
      return { values: read(output.f64_file ?? output.file), agreement: output.f32_vs_f64_rel ?? 0 };
    },
  };
}

/** One model file of a network with reference values. */
export interface ReferenceModel {
  /** `network/file`, for the title of a test. */
  readonly title: string;
  readonly file: string;
  readonly network: ReferenceNetwork;
}

/** Every model file of these networks: none where the folder of reference values is not. */
export function readReferenceModels(names: readonly string[]): ReferenceModel[] {
  return names.flatMap((name) => {
    const network = readReferenceNetwork(name);
    if (network === undefined) return [];
    return network.models.map((file) => ({ title: `${name}/${basename(file)}`, file, network }));
  });
}

/** Rounding of the stored values and of the map to single precision; nothing can agree better. */
const FLOOR = 3e-7;
/** Engines sum in different orders: a few times what one of them differs from float64. */
const ENGINES = 5;

/** The relative difference that another engine may have from a reference value. */
export function referenceTolerance({ agreement }: ReferenceValue): number {
  return Math.max(ENGINES * agreement, FLOOR);
}
