import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel as loadOnnx } from '@pellucid/backend-onnxruntime';
import { convertLayout, decodeNpy, explain, isSpatial, mapValues, sampleData, tensor, type Method, type ModelAdapter, type Tensor } from '@pellucid/core';
import { deconvolution } from '@pellucid/method-deconvolution';
import { deepLift } from '@pellucid/method-deep-lift';
import { deepLiftShap } from '@pellucid/method-deep-lift-shap';
import { excitationBackprop } from '@pellucid/method-excitation-backprop';
import { guidedBackprop } from '@pellucid/method-guided-backprop';
import { guidedGradCam } from '@pellucid/method-guided-grad-cam';
import { layerDeepLift } from '@pellucid/method-layer-deep-lift';
import { lrp } from '@pellucid/method-lrp';
import { neuronGradient } from '@pellucid/method-neuron-gradient';

import { loadModel, type EngineName, type ModelSource } from '../src/index.ts';
import { asTfjsGraph } from './convert-onnx.ts';
import { ENGINE, ENGINES } from './engines.ts';

/** The networks of the zoo exist in both formats. */
const ZOO = join(import.meta.dirname, '../../../zoo/models');
/** Networks of other people, with their weights; not part of the repository. */
const GOLDEN = join(import.meta.dirname, '../../../../../shared/golden');

/**
 * Relevance is divided by sums that may come close to 0, where both engines multiply their rounding errors. A greater stabiliser than the
 * default keeps them from it, so that what is left is the rules.
 */
const STABLE = 1e-2;
const METHODS: readonly (readonly [string, Method])[] = [
  ['guided backpropagation', guidedBackprop()],
  ['deconvolution', deconvolution()],
  ['DeepLIFT from zero', deepLift()],
  ['DeepLIFT from noise', deepLift({ baseline: 'random' })],
  ['DeepLIFT SHAP over references', deepLiftShap()],
  ['excitation backprop', excitationBackprop()],
  ...(['alpha-beta', 'z-box', 'flat', 'w-square'] as const).map((rule) => [`LRP, the rule ${rule}`, lrp({ rule, epsilon: STABLE })] as const),
  ...(['epsilon', 'gamma', 'z-plus', 'epsilon-plus', 'epsilon-plus-flat', 'epsilon-plus-w-square', 'epsilon-alpha2-beta1', 'epsilon-gamma-box'] as const).map(
    (composite) => [`LRP ${composite}`, lrp({ composite, epsilon: STABLE })] as const,
  ),
];

/** Methods of a layer with height and width; both backends choose the last one. */
const IMAGE_METHODS: typeof METHODS = [
  ['neuron gradient', neuronGradient()],
  ['guided Grad-CAM', guidedGradCam()],
  ['layer DeepLIFT', layerDeepLift()],
];

/** The largest relative L2 difference of a sample's map; Grad-CAM of a class that nothing speaks for is zero on both. */
function largestDifference(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  expect(expected.data.some((value) => value !== 0)).toBe(true);
  return Math.max(...Array.from({ length: expected.shape[0]! }, (_, sample) => {
    const [here, there] = [sampleData(actual, sample), sampleData(expected, sample)];
    const difference = here.reduce((sum, value, i) => sum + (value - there[i]!) ** 2, 0);
    return difference === 0 ? 0 : Math.sqrt(difference / there.reduce((sum, value) => sum + value ** 2, 0));
  }));
}

/** One network in both formats. */
interface Pair {
  readonly onnx: string;
  readonly tfjs: ModelSource;
  /** In the layout of the ONNX model. */
  readonly input: Tensor;
  readonly targets: readonly number[];
}

/** Runs every method on both, each loaded once. */
function compareAll(title: string, engine: EngineName, methods: typeof METHODS, pair: () => Pair, covered: boolean): void {
  describe(`${title} on ${engine}`, () => {
    const opened: { model: ModelAdapter; other: ModelAdapter; input: Tensor; targets: readonly number[] }[] = [];
    beforeAll(async () => {
      const { onnx, tfjs, input, targets } = pair();
      opened.push({ model: (await loadModel(tfjs, { engine })) as ModelAdapter, other: (await loadOnnx(onnx)) as ModelAdapter, input, targets });
    });
    afterAll(async () => {
      for (const { model, other } of opened) await Promise.all([model.dispose(), other.dispose()]);
    });

    test.each(methods)('%s gives the map of ONNX Runtime', async (_, method) => {
      const { model, other, input, targets } = opened[0]!;
      const images = isSpatial(model.input.layout);
      const turned = images ? convertLayout(input, 'NCHW', model.input.layout) : input;
      const here = await explain(model, method, { input: turned, references: mapValues(turned, (value) => value / 2), targets, seed: 3 });
      const there = await explain(other, method, { input, references: mapValues(input, (value) => value / 2), targets, seed: 3 });
      const values = isSpatial(here.provenance.layout) ? convertLayout(here.values, here.provenance.layout, 'NCHW') : here.values;
      expect(largestDifference(values, there.values)).toBeLessThan(1e-4);
      if (covered) expect([here.provenance.uncovered, there.provenance.uncovered]).toEqual([[], []]);
    });
  });
}

const images = tensor([3, 3, 32, 32], Float32Array.from({ length: 3 * 3072 }, (_, i) => 0.5 + 0.5 * Math.sin(i * 0.61 + Math.cos(i * 0.013))));
for (const engine of ENGINES) {
  for (const network of ['plain-cnn', 'residual-cnn']) {
    const pair = (): Pair => ({ onnx: join(ZOO, network, 'model.onnx'), tfjs: join(ZOO, network, 'tfjs/model.json'), input: images, targets: [0, 3, 5] });
    compareAll(network, engine, [...METHODS, ...IMAGE_METHODS], pair, true);
  }
}

const golden = ['mlp', 'cifar', 'fmnist', 'mobile'].filter((network) => existsSync(join(GOLDEN, network)));
if (golden.length === 0) test.skip('needs ../shared/golden', () => undefined);
// Hard swish is one operation there and four here: rules that tell them apart share differently, and both are right.
const plainRules = METHODS.filter(([, { description }]) => description.name === 'guided-backprop' || description.name === 'deconvolution');
for (const network of golden) {
  const read = (file: string): Buffer => readFileSync(join(GOLDEN, network, file));
  // The older export spells hard swish out.
  const file = network === 'mobile' ? 'model.op13.onnx' : 'model.op17.onnx';
  for (const fused of [true, false]) {
    const pair = (): Pair => ({
      onnx: join(GOLDEN, network, file),
      tfjs: asTfjsGraph(read(file), fused),
      input: decodeNpy(read('input.npy'), 'input.npy'),
      targets: [...decodeNpy(read('targets.npy'), 'targets.npy').data],
    });
    compareAll(`${network}, a graph model ${fused ? 'with' : 'without'} fused nodes,`, ENGINE, network === 'mobile' ? plainRules : METHODS, pair, false);
  }
}
