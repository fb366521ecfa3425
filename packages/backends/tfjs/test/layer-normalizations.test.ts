import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { explain, tensor, type Method, type ModelAdapter, type Tensor } from '@pellucid/core';
import { deepLift } from '@pellucid/method-deep-lift';
import { excitationBackprop } from '@pellucid/method-excitation-backprop';
import { lrp } from '@pellucid/method-lrp';
import { normalValues, relativeDifference } from '@pellucid/testkit';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine, type ModelSource } from '../src/index.ts';
import { disposeAll } from '../src/model/layers-tree.ts';
import { ENGINE, ENGINES } from './engines.ts';
import { describeGolden, hasGoldenNetworks, readGolden } from './golden-networks.ts';
import { expectSameAnswers } from './same-answers.ts';
import { storedGraph } from './stored-graph.ts';

const METHODS: readonly (readonly [string, Method])[] = [
  ['LRP epsilon', lrp({ composite: 'epsilon', epsilon: 1e-2 })], ['LRP epsilon-plus', lrp({ composite: 'epsilon-plus', epsilon: 1e-2 })],
  ['LRP alpha-beta', lrp({ rule: 'alpha-beta', epsilon: 1e-2 })], ['DeepLIFT', deepLift()], ['excitation backprop', excitationBackprop()],
];

(hasGoldenNetworks ? describe : describe.skip)('a converted Keras network with layer normalisation', () => {
  const opened: ModelAdapter[] = [];
  let input: Tensor;
  beforeAll(async () => {
    input = readGolden('activations', 'input.npy');
    for (const format of ['graph', 'layers'] as const) opened.push((await loadModel(describeGolden('activations', format).path, { engine: ENGINE })) as ModelAdapter);
  });
  afterAll(async () => { for (const model of opened) await model.dispose(); });

  test.each(METHODS)('%s gives as a graph what it gives in layers', async (_, method) => {
    const targets = Array.from({ length: input.shape[0]! }, (_unused, i) => i);
    const [graph, layers] = [await explain(opened[0]!, method, { input, targets }), await explain(opened[1]!, method, { input, targets })];
    expect(relativeDifference(graph.values, layers.values)).toBeLessThan(1e-4);
  });
});

const SIZE = 6;
const values = (name: string, size: number): number[] => Array.from(normalValues(7, name, size), (value) => value * 0.6);
const gamma = values('gamma', SIZE).map((value) => 1 + value);
const beta = values('beta', SIZE);
const head = values('head', SIZE * 3);
const epsilon = 0.01;
const input = tensor([2, 2, 2, SIZE], Float32Array.from(normalValues(3, 'input', 8 * SIZE)));

/** How the arithmetic is written. */
interface Form {
  /** The axis of the mean, where it is not that of the variance. */
  readonly meanAxis?: number;
  readonly axis?: number;
  /** Whether the mean is that of another value. */
  readonly otherMean?: boolean;
  readonly negated?: boolean;
  /** Without scale, and with zeros as offset. */
  readonly plain?: boolean;
}

/** tanh(x), normalised, rectified, averaged over places and multiplied by weights, as the converter writes it. */
function graphOf({ axis = 3, meanAxis = axis, otherMean = false, negated = false, plain = false }: Form): ModelSource {
  const { input: placeholder, constant, node, bytes } = storedGraph();
  placeholder('x', [-1, 2, 2, SIZE]);
  const keep = { keep_dims: { b: true } };
  const x = node('tanh', 'Tanh', ['x']);
  const mean = node('norm/mean', 'Mean', [otherMean ? 'x' : x, constant('norm/mean/axes', [1], [meanAxis], 'int32')], keep);
  const variance = node('norm/variance', 'Mean', [node('norm/squares', 'SquaredDifference', [x, mean]), constant('norm/variance/axes', [1], [axis], 'int32')], keep);
  const root = node('norm/Rsqrt', 'Rsqrt', [node('norm/add', 'AddV2', [variance, constant('norm/epsilon', [], [epsilon])])]);
  const factor = plain ? root : node('norm/mul', 'Mul', [root, constant('gamma', [SIZE], gamma)]);
  const offset = constant('beta', [SIZE], plain ? beta.map(() => 0) : beta);
  const shift = negated
    ? node('norm/shift', 'AddV2', [node('norm/mul_2', 'Mul', [node('norm/Neg', 'Neg', [mean]), factor]), offset])
    : node('norm/sub', 'Sub', [offset, node('norm/mul_2', 'Mul', [mean, factor])]);
  const normal = node('norm/add_1', 'AddV2', [node('norm/mul_1', 'Mul', [x, factor]), shift]);
  const pooled = node('pool', 'Mean', [node('relu', 'Relu', [normal]), constant('axes', [2], [1, 2], 'int32')], { keep_dims: { b: false } });
  node('scores', 'MatMul', [pooled, constant('head', [SIZE, 3], head)], { transpose_a: { b: false }, transpose_b: { b: false } });
  return bytes();
}

const named = (model: ModelAdapter): readonly string[] => model.layers.filter(({ kind }) => kind === 'layer-norm').map(({ name }) => name);

test('DeepLIFT of a layers model that normalises tokens adds up to the difference of the logit', async () => {
  const shape = [4, SIZE];
  await openEngine(ENGINE);
  const live = tfl.sequential({
    layers: [tfl.layers.layerNormalization({ inputShape: shape }), tfl.layers.flatten(), tfl.layers.dense({ units: 3, kernelInitializer: tfl.initializers.randomNormal({ stddev: 0.5, seed: 3 }) })],
  });
  const model = (await loadModel(live, { engine: ENGINE })) as ModelAdapter;
  const size = shape.reduce((a, b) => a * b, 1);
  const samples = tensor([2, ...shape], Float32Array.from(normalValues(3, 'samples', 2 * size)));
  const { values: map } = await explain(model, deepLift(), { input: samples, targets: [0, 2] });
  const { logits } = await model.evaluate({ input: samples });
  // Of zeros the normalisation is zero, and so is the logit.
  for (const [sample, target] of [0, 2].entries()) {
    expect(map.data.slice(sample * size, (sample + 1) * size).reduce((sum, value) => sum + value, 0)).toBeCloseTo(logits.data[sample * 3 + target]!, 3);
  }
  await model.dispose();
  disposeAll(live);
});

describe.each(ENGINES)('layer normalisation in a graph on %s', (engine) => {
  test.each([['with scale and offset', {}], ['with the mean negated', { negated: true }], ['without scale', { plain: true }]] as const)(
    '%s is one operation with the values, gradients and rules of the layer', async (_, form: Form) => {
      const { tf } = await openEngine(engine);
      const parameters = [tf.tensor1d(form.plain === true ? gamma.map(() => 1) : gamma), tf.tensor1d(form.plain === true ? beta.map(() => 0) : beta), tf.tensor2d(head, [SIZE, 3])] as const;
      const live = tfl.sequential({
        layers: [
          tfl.layers.activation({ activation: 'tanh', inputShape: [2, 2, SIZE] }), tfl.layers.layerNormalization({ epsilon, weights: [parameters[0], parameters[1]] }),
          tfl.layers.reLU({}), tfl.layers.globalAveragePooling2d({}), tfl.layers.dense({ units: 3, useBias: false, weights: [parameters[2]] }),
        ],
      });
      const [graph, layers] = [await loadModel(graphOf(form), { engine }), await loadModel(live, { engine })] as [ModelAdapter, ModelAdapter];
      expect(named(graph)).toEqual(['norm/add_1']);
      await expectSameAnswers(graph, layers, input, METHODS.map(([, method]) => method));
      await Promise.all([graph.dispose(), layers.dispose()]);
      disposeAll(live);
      tf.dispose([...parameters]);
    });

  test.each([['the mean of another value', { otherMean: true }], ['a mean over other axes than the variance', { meanAxis: 1 }], ['statistics across samples', { axis: 0 }]] as const)(
    '%s leaves the arithmetic as it is', async (_, form: Form) => {
      const graph = (await loadModel(graphOf(form), { engine })) as ModelAdapter;
      expect(named(graph)).toEqual([]);
      expect(graph.layers.find(({ name }) => name === 'norm/add_1')?.kind).toBe('add');
      await graph.dispose();
    });
});
