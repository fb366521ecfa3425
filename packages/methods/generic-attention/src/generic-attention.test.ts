import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { activationOf, explain, gradientAt, sampleData, sliceBatch, tensor, type GradientPoint, type ModelAdapter, type Tensor } from '@pellucid/core';
import { readReferenceModels } from '@pellucid/reference-values';
import { analyticModel, normalValues, relativeDifference, type AnalyticNetwork } from '@pellucid/testkit';
import { genericAttention } from './generic-attention.ts';

const [HEADS, TOKENS] = [2, 5];
const SIZE = HEADS * TOKENS * TOKENS;
const layers = ['softmax0', 'softmax1'];
const attention = layers.map((_, layer) => normalValues(layer, 'attention', SIZE).map(Math.abs));
const slopes = layers.map((_, layer) => [0, 1].map((target) => normalValues(target, `slope ${layer}`, SIZE)));

/** Logits that are linear in two attention maps: their gradients are the weights. */
const network: AnalyticNetwork = {
  name: 'linear in attention', shape: [1, 4, 4], classes: 2,
  layers: layers.map((name) => ({ name, kind: 'softmax', shape: [HEADS, TOKENS, TOKENS] })),
  pass: () => ({
    logits: Float64Array.from([0, 1], (target) => layers.reduce((sum, _, l) => sum + attention[l]!.reduce((part, value, i) => part + value * slopes[l]![target]![i]!, 0), 0)),
    activations: new Map(layers.map((name, l) => [name, attention[l]!])),
    backward: (cotangent) => new Map<GradientPoint, Float64Array>(layers.map((name, l) =>
      [name, slopes[l]![0]!.map((_, i) => cotangent[0]! * slopes[l]![0]![i]! + cotangent[1]! * slopes[l]![1]![i]!)])),
  }),
};

type Matrix = readonly (readonly number[])[];

/** Equations 5 and 6 in plain words: R starts as I and grows by the mean over heads of (gradient * attention)+, times R. */
function relevance(maps: readonly { readonly values: ArrayLike<number>; readonly gradient: ArrayLike<number> }[], heads: number, tokens: number): Matrix {
  let r: Matrix = Array.from({ length: tokens }, (_, i) => Array.from({ length: tokens }, (__, j) => Number(i === j)));
  for (const { values, gradient } of maps) {
    const mean = Array.from({ length: tokens }, (_, i) => Array.from({ length: tokens }, (__, j) => {
      let sum = 0;
      for (let head = 0; head < heads; head++) {
        const at = (head * tokens + i) * tokens + j;
        sum += Math.max(0, values[at]! * gradient[at]!) / heads;
      }
      return sum;
    }));
    const before = r;
    r = before.map((row, i) => row.map((value, j) => value + mean[i]!.reduce((sum, weight, k) => sum + weight * before[k]![j]!, 0)));
  }
  return r;
}

test.each([0, 1])('is what the equations say of known gradients, for class %i', async (target) => {
  const model = analyticModel(network);
  const { values, provenance } = await explain(model, genericAttention({ upsample: false }), { input: tensor([1, 1, 4, 4], new Float32Array(16)), targets: target });
  const r = relevance(layers.map((_, l) => ({ values: attention[l]!, gradient: slopes[l]![target]! })), HEADS, TOKENS);
  expect(values.shape).toEqual([1, 1, 2, 2]);
  r[0]!.slice(1).forEach((value, i) => { expect(values.data[i]).toBeCloseTo(value, 5); });
  expect(provenance.passes).toEqual({ forward: 1, backward: 1 });
});

async function expected(model: ModelAdapter, input: Tensor, targets: readonly number[]): Promise<Tensor> {
  const names = model.layers.filter(({ kind, shape }) => kind === 'softmax' && shape?.length === 4).map(({ name }) => name);
  expect(names).toHaveLength(2);
  const rows: number[] = [];
  for (const [sample, target] of targets.entries()) {
    const alone = sliceBatch(input, sample, sample + 1);
    const evaluation = await model.evaluate({ input: alone, activations: names, gradient: { of: { kind: 'logit', targets: [target] }, at: names } });
    const { shape } = activationOf(evaluation, names[0]!);
    const maps = names.map((name) => ({ values: activationOf(evaluation, name).data, gradient: gradientAt(evaluation, name).data }));
    rows.push(...relevance(maps, shape[1]!, shape[2]!)[0]!.slice(1));
  }
  return tensor([targets.length, 1, Math.sqrt(rows.length / targets.length), Math.sqrt(rows.length / targets.length)], rows);
}

const references = readReferenceModels(['vit']);
if (references.length === 0) test.skip('needs ../shared/golden', () => undefined);
test.each(references)('$title: every image of a batch has the map that the equations give it', async ({ file, network: { input, targets } }) => {
  const model = await loadModel(file);
  const { values } = await explain(model, genericAttention({ upsample: false }), { input, targets });
  expect(relativeDifference(values, await expected(model, input, targets))).toBeLessThan(1e-5);
  await model.dispose();
});

let transformer: ModelAdapter;
beforeAll(async () => { transformer = await loadModel(join(__dirname, '../../attention-rollout/test/vision-transformer.onnx')); });
afterAll(() => transformer.dispose());

test('speaks for a class, without what is below zero', async () => {
  const input = tensor([2, 3, 32, 32], [...normalValues(0, 'image', 6144)]);
  const one = await explain(transformer, genericAttention({ upsample: false }), { input, targets: [0, 1] });
  const other = await explain(transformer, genericAttention({ upsample: false }), { input, targets: [2, 3] });
  expect(one.values.data.every((value) => value >= 0)).toBe(true);
  expect(relativeDifference(one.values, other.values)).toBeGreaterThan(0.1);
  expect(relativeDifference(one.values, await expected(transformer, input, [0, 1]))).toBeLessThan(1e-5);
  expect(sampleData(one.values, 0)).not.toEqual(sampleData(one.values, 1));
});
