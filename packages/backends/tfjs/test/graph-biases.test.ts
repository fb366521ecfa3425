import { expect, test } from '@jest/globals';
import { INPUT, tensor, type ModelAdapter } from '@pellucid/core';
import { contractBatch, convolutionalNetwork } from '@pellucid/testkit';

import { loadModel, type ModelBytes } from '../src/index.ts';
import { asGraphModel, asLayersModel } from './contract-models.ts';
import { ENGINES } from './engines.ts';
import { withFusedActivations, withInnerActivations } from './inner-activations.ts';

const { inputShape: [channels = 0, height = 0, width = 0] } = convolutionalNetwork;
const input = tensor([2, height, width, channels], contractBatch(convolutionalNetwork, 2).data);
const graph = asGraphModel(convolutionalNetwork);
const load = async (source: ModelBytes, engine: (typeof ENGINES)[number]): Promise<ModelAdapter> => (await loadModel(source, { engine })) as ModelAdapter;

/** The score less what inputs and biases contribute by their gradients: zero for a network of linear operations and rectifiers. */
async function missing(model: ModelAdapter): Promise<number[]> {
  const biases = [...((await model.biases?.()) ?? [])];
  const { logits, gradients } = await model.evaluate({ input, gradient: { of: { kind: 'logit', targets: [0, 1] }, at: [INPUT, ...biases.map(([name]) => name)] } });
  return [0, 1].map((sample) => {
    let rest = logits.data[sample * model.classes + sample]!;
    const subtract = (slopes: Float32Array, valueAt: (i: number) => number): void => {
      const size = slopes.length / 2;
      for (let i = 0; i < size; i++) rest -= slopes[sample * size + i]! * valueAt(i);
    };
    const own = input.data.subarray((sample * input.data.length) / 2);
    subtract(gradients.get(INPUT)?.data ?? new Float32Array(), (i) => own[i]!);
    for (const [name, bias] of biases) subtract(gradients.get(name)?.data ?? new Float32Array(), (i) => bias.data[i % bias.data.length]!);
    return rest;
  });
}

test.each(ENGINES)('the biases of a graph model are those of the layers model, and with the input they make up the score (%s)', async (engine) => {
  const [model, layers] = [await load(graph, engine), await load(asLayersModel(convolutionalNetwork), engine)];
  const own = [...((await model.biases?.()) ?? [])].map(([name, bias]) => [name, bias.shape, [...bias.data]]);
  expect(own.length).toBeGreaterThan(1);
  expect(own).toEqual([...((await layers.biases?.()) ?? [])].map(([name, bias]) => [name, bias.shape, [...bias.data]]));
  for (const rest of await missing(model)) expect(rest).toBeCloseTo(0, 5);
  await Promise.all([model.dispose(), layers.dispose()]);
});

test.each(ENGINES)('with activations inside layers and fused nodes, biases are added at sums of their own, and still make up the score (%s)', async (engine) => {
  const [model, layers] = [await load(withFusedActivations(graph), engine), await load(withInnerActivations(asLayersModel(convolutionalNetwork)), engine)];
  const places = [...((await layers.biases?.()) ?? [])];
  expect(places.some(([name]) => name.endsWith('/sum'))).toBe(true);
  expect([...((await model.biases?.()) ?? [])].map(([, bias]) => [bias.shape, [...bias.data]])).toEqual(places.map(([, bias]) => [bias.shape, [...bias.data]]));
  for (const rest of [...await missing(model), ...await missing(layers)]) expect(rest).toBeCloseTo(0, 5);
  await Promise.all([model.dispose(), layers.dispose()]);
});
