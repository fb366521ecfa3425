import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel as loadOnnx } from '@pellucid/backend-onnxruntime';
import { explain, tensor, type Method, type ModelAdapter } from '@pellucid/core';
import { deepLift } from '@pellucid/method-deep-lift';
import { excitationBackprop } from '@pellucid/method-excitation-backprop';
import { lrp } from '@pellucid/method-lrp';
import { ElementType, int64Tensor, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type NodeProto, type TensorProto } from '@pellucid/onnx-graph';
import { normalValues, relativeDifference } from '@pellucid/testkit';
import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine } from '../src/index.ts';
import { disposeAll } from '../src/model/layers-tree.ts';
import { ENGINES } from './engines.ts';

const METHODS: readonly (readonly [string, Method])[] = [
  ['DeepLIFT', deepLift()], ['excitation backprop', excitationBackprop()], ['contrastive excitation backprop', excitationBackprop({ contrastive: true })],
  ...(['alpha-beta', 'z-plus', 'gamma', 'flat', 'w-square'] as const).map((rule) => [`LRP, the rule ${rule}`, lrp({ rule, epsilon: 1e-2 })] as const),
  ...(['epsilon', 'epsilon-plus', 'epsilon-alpha2-beta1'] as const).map((composite) => [`LRP ${composite}`, lrp({ composite, epsilon: 1e-2 })] as const),
];

const [TOKENS, SIZE, CLASSES] = [4, 6, 3];
const input = tensor([2, TOKENS, SIZE], Float32Array.from(normalValues(3, 'input', 2 * TOKENS * SIZE)));

/** The numbers of a stored tensor. */
const numbers = (name: string, shape: readonly number[]): number[] => Array.from(normalValues(7, name, shape.reduce((a, b) => a * b, 1)), (value) => value * 0.5);

/** Dense layers on tokens, with ReLUs between them, then one on all that they give, as an exporter writes them: the bias behind the product. */
function asOnnx(widths: readonly number[]): Uint8Array {
  const nodes: NodeProto[] = [];
  const stored: TensorProto[] = [int64Tensor('flat', [0, -1])];
  const dense = (x: string, name: string, from: number, to: number, output: string): void => {
    for (const [part, shape] of [['w', [from, to]], ['b', [to]]] as const) stored.push(makeTensor(`${name}/${part}`, ElementType.FLOAT, shape, numbers(`${name}/${part}`, shape)));
    nodes.push(makeNode('MatMul', [x, `${name}/w`], [`${name}/product`]), makeNode('Add', [`${name}/product`, `${name}/b`], [output]));
  };
  let [x, size] = ['x', SIZE];
  for (const [i, width] of widths.entries()) {
    dense(x, `dense${i}`, size, width, `sum${i}`);
    [x, size] = [`sum${i}`, width];
    if (i === widths.length - 1) continue;
    nodes.push(makeNode('Relu', [x], [`relu${i}`]));
    x = `relu${i}`;
  }
  nodes.push(makeNode('Reshape', [x, 'flat'], ['all']));
  dense('all', 'head', TOKENS * size, CLASSES, 'y');
  const value = (name: string, ...lengths: readonly number[]) => makeValueInfo(name, { elementType: ElementType.FLOAT, shape: ['n', ...lengths] });
  return writeModel(makeModel({ name: 'net', opset: 17, producer: 'test', nodes, initializers: stored, inputs: [value('x', TOKENS, SIZE)], outputs: [value('y', CLASSES)] }));
}

/** The same in Keras layers. */
function asLayers(widths: readonly number[], tensors: (values: number[], shape: readonly number[]) => tf.Tensor): tfl.Sequential {
  const dense = (name: string, from: number, to: number, activation?: 'relu'): tfl.layers.Layer => {
    const weights = [tensors(numbers(`${name}/w`, [from, to]), [from, to]), tensors(numbers(`${name}/b`, [to]), [to])];
    return tfl.layers.dense({ name, units: to, weights, ...(activation && { activation }), ...(name === 'dense0' && { inputShape: [TOKENS, SIZE] }) });
  };
  const onTokens = widths.map((width, i) => dense(`dense${i}`, widths[i - 1] ?? SIZE, width, i === widths.length - 1 ? undefined : 'relu'));
  return tfl.sequential({ layers: [...onTokens, tfl.layers.flatten(), dense('head', TOKENS * (widths.at(-1) ?? SIZE), CLASSES)] });
}

describe.each(ENGINES)('dense layers on tokens on %s', (engine) => {
  describe.each([[[5]], [[8, 5]]])('of widths %j', (widths) => {
    const opened: ModelAdapter[] = [];
    const owned: { dispose(): unknown }[] = [];
    beforeAll(async () => {
      const { tf: library } = await openEngine(engine);
      const live = asLayers(widths, (values, shape) => {
        const made = library.tensor(values, [...shape]);
        owned.push(made);
        return made;
      });
      owned.push({ dispose: () => { disposeAll(live); } });
      opened.push((await loadModel(live, { engine })) as ModelAdapter, (await loadOnnx(asOnnx(widths))) as ModelAdapter);
    });
    afterAll(async () => {
      for (const model of opened) await model.dispose();
      for (const made of owned.toReversed()) made.dispose();
    });

    test.each(METHODS)('%s counts the bias to the layer, as it does where ONNX has it in a sum of its own', async (_, method) => {
      const [here, there] = [await explain(opened[0]!, method, { input, targets: [0, 2] }), await explain(opened[1]!, method, { input, targets: [0, 2] })];
      expect(relativeDifference(here.values, there.values)).toBeLessThan(1e-5);
    });
  });
});
