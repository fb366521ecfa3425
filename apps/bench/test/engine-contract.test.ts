import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { loadModel as loadOnnx } from '@pellucid/backend-onnxruntime';
import { loadModel as loadTfjs, type EngineName } from '@pellucid/backend-tfjs';
import { randomStream, sizeOf, type ModelAdapter, type Tensor } from '@pellucid/core';
import { isMethodFactory, isWrapperFactory, type AnyMethodFactory } from '@pellucid/plugins';
import { methodContract, wrapperContract, type ContractCheck } from '@pellucid/testkit';
import { toOnnx, toTfjs, type NetworkDefinition, type TrainedNetwork } from '@pellucid/training';
import { attentionNetwork } from './attention-network.ts';

/** The packages of methods that the benchmark depends on. */
const BENCH = join(__dirname, '../package.json');
const { dependencies } = JSON.parse(readFileSync(BENCH, 'utf8')) as { readonly dependencies: Readonly<Record<string, string>> };
const PACKAGES = Object.keys(dependencies).filter((name) => name.startsWith('@pellucid/method-'));

/** A small network of everything that methods look for: convolutions with bias, ReLU, max pooling, a skip, a dense layer. */
const network: NetworkDefinition = {
  name: 'contract',
  input: [9, 8, 2],
  classes: 3,
  layers: [
    { kind: 'conv', name: 'conv1', filters: 4, kernel: 3 },
    { kind: 'relu', name: 'relu1' },
    { kind: 'max-pool', name: 'pool', size: 2 },
    { kind: 'conv', name: 'conv2', filters: 4, kernel: 3 },
    { kind: 'add', name: 'sum', with: 'pool' },
    { kind: 'relu', name: 'relu2' },
    { kind: 'flatten', name: 'flat' },
    { kind: 'dense', name: 'logits', units: 3 },
  ],
};

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  'conv1/kernel': [3, 3, 2, 4], 'conv1/bias': [4], 'conv2/kernel': [3, 3, 4, 4], 'conv2/bias': [4], 'logits/kernel': [64, 3], 'logits/bias': [3],
};

function randomWeights(): ReadonlyMap<string, Tensor> {
  return new Map(Object.entries(SHAPES).map(([name, shape]) => {
    const { normal } = randomStream(0, 'contract', name);
    return [name, { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => 0.3 * normal()) }];
  }));
}

/**
 * What an engine's rounding makes of a map, relative to its largest value, where another chunk or another order of the batch takes other
 * kernels: the quotients of LRP and DeepLIFT multiply it.
 */
const TOLERANCE = 1e-4;

/** Methods for networks of attention: theirs is another one, on ONNX Runtime that of their own tests. */
const OF_ATTENTION: readonly string[] = ['attention-rollout', 'generic-attention'];

/**
 * XRAI asks an engine for what integrated gradients ask, and then segments an image of 224 x 224 for every map: `npm run contract` runs it on
 * all engines, `npm test` on that of its own tests.
 */
const LEFT_OUT: readonly string[] = process.env['PELLUCID_CONTRACT'] === 'all' ? [] : ['xrai'];

/** Milliseconds for the slowest: one map of XRAI takes a second, and a contract asks for many. */
const TIME_LIMIT = 120_000;

/** Fewer passes than the defaults: what is promised holds for any number. */
const FEW: Readonly<Record<string, readonly number[]>> = { masks: [4, 16, 64], samples: [2, 8, 32], steps: [3, 8] };
/** What a method cannot do without where no references are given, and fewer passes where the default depends on the image. */
const NEEDED: Readonly<Record<string, object>> = {
  'gradient-shap': { baseline: 'zero' }, 'deep-lift-shap': { baseline: 'zero' }, 'kernel-shap': { samples: 40 }, 'occlusion': { window: [4, 4] },
};

function cheapOptions({ name, options }: AnyMethodFactory): Readonly<Record<string, unknown>> {
  const few = Object.entries(FEW).flatMap(([option, counts]) => {
    const count = counts.find((candidate) => candidate < Number(options[option]?.default) && options[option]?.accepts(candidate));
    return count === undefined ? [] : [[option, count] as const];
  });
  return { ...Object.fromEntries(few), ...('features' in options && { features: [3, 2] }), ...NEEDED[name] };
}

/** Loads a network on an engine, and where that reads its format the one of attention. */
interface Engine {
  readonly load: (trained: TrainedNetwork) => Promise<ModelAdapter>;
  readonly loadAttention: () => Promise<ModelAdapter>;
}

const VISION_TRANSFORMER = join(dirname(BENCH), '../../packages/methods/attention-rollout/test/vision-transformer.onnx');
const requested = process.env['PELLUCID_TFJS_ENGINE'] as EngineName | undefined;
const onTfjs = (engine: EngineName): readonly [string, Engine] => [`tfjs/${engine}`, {
  load: async (trained) => (await loadTfjs(toTfjs(trained), { engine })) as ModelAdapter,
  loadAttention: async () => (await loadTfjs(attentionNetwork(), { engine })) as ModelAdapter,
}];
const onOnnx: readonly [string, Engine] = ['onnxruntime', {
  load: async (trained) => (await loadOnnx(toOnnx(trained))) as ModelAdapter,
  loadAttention: async () => (await loadOnnx(VISION_TRANSFORMER)) as ModelAdapter,
}];
/** The portable engines, or the one in `PELLUCID_TFJS_ENGINE`: a native one shares its process with no other. */
const ENGINES: readonly (readonly [string, Engine])[] = requested === undefined
  ? [onOnnx, onTfjs('wasm'), onTfjs('cpu')]
  : [onTfjs(requested)];

function contractOf(factory: unknown, model: () => ModelAdapter): ContractCheck[] {
  const settings = { model, tolerance: TOLERANCE };
  if (isWrapperFactory(factory)) return wrapperContract(factory, { ...settings, options: { samples: 4 } });
  return isMethodFactory(factory) ? methodContract(factory, { ...settings, options: cheapOptions(factory) }) : [];
}

describe.each(ENGINES)('on %s', (_, engine) => {
  const opened: ModelAdapter[] = [];
  beforeAll(async () => { opened.push(await engine.load({ network, weights: randomWeights(), history: [] }), await engine.loadAttention()); });
  afterAll(async () => { for (const model of opened) await model.dispose(); });

  for (const name of PACKAGES) {
    const loaded = Object.values(jest.requireActual<Record<string, unknown>>(name)).filter((value) => isMethodFactory(value) || isWrapperFactory(value));
    for (const factory of loaded) {
      const { name: method } = factory as { readonly name: string };
      if (LEFT_OUT.includes(method)) continue;
      const model = (): ModelAdapter => (OF_ATTENTION.includes(method) ? opened[1]! : opened[0]!);
      describe(name, () => {
        for (const { name: title, run } of contractOf(factory, model)) test(title, run, TIME_LIMIT);
      });
    }
  }
});

test('every package of methods in the repository is checked', () => {
  const folder = join(dirname(BENCH), '../../packages/methods');
  const inRepository = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'package.json')));
  expect(inRepository.map((name) => `@pellucid/method-${name}`).filter((name) => !PACKAGES.includes(name))).toEqual([]);
});
