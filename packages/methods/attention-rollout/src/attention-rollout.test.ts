import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { convertLayout, explain, tensor, type LayerInfo, type ModelAdapter } from '@pellucid/core';
import { analyticModel, normalValues, type AnalyticNetwork } from '@pellucid/testkit';
import { attentionRollout } from './attention-rollout.ts';

/** Maps of attention that are given, [heads, T, T] at each layer, whatever the image. */
function attending(layers: readonly (readonly number[])[], tokens: number, side = 4): ModelAdapter {
  const heads = layers[0]!.length / (tokens * tokens);
  const network: AnalyticNetwork = {
    name: 'attending', shape: [1, side, side], classes: 2,
    layers: [...layers.map((_, i) => ({ name: `softmax${i}`, kind: 'softmax' as const, shape: [heads, tokens, tokens] })), { name: 'dense', kind: 'dense', shape: [2] }],
    pass: (x) => ({
      logits: Float64Array.of(x[0]!, 0),
      activations: new Map([...layers.map((values, i) => [`softmax${i}`, Float64Array.from(values)] as const), ['dense', new Float64Array(2)]]),
      backward: () => new Map(),
    }),
  };
  return analyticModel(network, { capabilities: ['activations'] });
}

const input = tensor([1, 1, 4, 4], new Float32Array(16).fill(1));
const request = { input, targets: 0 };

test('follows attention from the class token through two layers', async () => {
  // A class token and four patches. Last layer: the class token attends to patch 1 alone; the layer before: patch 1 to patch 2.
  const one = (row: number, column: number): number[] => Array.from({ length: 25 }, (_, i) => {
    const [from, to] = [Math.floor(i / 5), i % 5];
    return from === row ? Number(to === column) : Number(to === from);
  });
  const model = attending([one(1, 2), one(0, 1)], 5);
  const { values, provenance } = await explain(model, attentionRollout({ upsample: false }), request);
  // Half of the class token passes by each layer: patch 1 keeps half of the half that reached it, patch 2 gets the other.
  expect(values.shape).toEqual([1, 1, 2, 2]);
  expect([...values.data]).toEqual([0.25, 0.25, 0, 0]);
  expect(provenance).toMatchObject({ layer: 'softmax0, softmax1', passes: { forward: 1, backward: 0 } });
});

test('is the product of whole matrices in plain words, over random heads', async () => {
  const [heads, tokens, depth] = [3, 5, 4];
  const layers = Array.from({ length: depth }, (_, layer) => {
    const positive = [...normalValues(layer, 'attention', heads * tokens * tokens)].map(Math.abs);
    return positive.map((value, i) => {
      const start = i - (i % tokens);
      return value / positive.slice(start, start + tokens).reduce((a, b) => a + b, 0);
    });
  });
  let product = Array.from({ length: tokens }, (_, i) => Array.from({ length: tokens }, (__, j) => Number(i === j)));
  for (const attention of layers) {
    const mixed = product.map((_, i) => product.map((__, j) => {
      const mean = [0, 1, 2].reduce((sum, head) => sum + attention[(head * tokens + i) * tokens + j]! / heads, 0);
      return (mean + Number(i === j)) / 2;
    }));
    product = mixed.map((row) => row.map((_, j) => row.reduce((sum, value, k) => sum + value * product[k]![j]!, 0)));
  }
  const { values } = await explain(attending(layers, tokens), attentionRollout({ upsample: false }), request);
  product[0]!.slice(1).forEach((value, i) => { expect(values.data[i]).toBeCloseTo(value, 6); });
});

test('without a class token it is the mean over the tokens', async () => {
  // All four patches attend to the last.
  const model = attending([Array.from({ length: 16 }, (_, i) => Number(i % 4 === 3))], 4);
  const { values } = await explain(model, attentionRollout({ upsample: false }), request);
  expect([...values.data]).toEqual([0.125, 0.125, 0.125, 0.625]);
});

test('the grid can be given, and the map comes to the size and layout of the image', async () => {
  const uniform = Array.from({ length: 36 }, () => 1 / 6);
  const model = attending([uniform], 6);
  await expect(explain(model, attentionRollout(), request)).resolves.toMatchObject({ values: { shape: [1, 1, 4, 4] } });
  const { values } = await explain(model, attentionRollout({ tokens: { prefix: 0, height: 2, width: 3 }, upsample: 'nearest' }), request);
  expect(values.shape).toEqual([1, 1, 4, 4]);
  await expect(explain(model, attentionRollout({ tokens: { prefix: 1, height: 2, width: 3 } }), request)).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
  const last: ModelAdapter<'activations'> = {
    ...model, input: { name: 'input', shape: [null, 4, 4, 1], layout: 'NHWC' },
    evaluate: (query, options) => model.evaluate({ ...query, input: convertLayout(query.input, 'NHWC', 'NCHW') }, options),
  };
  const turned = await explain(last, attentionRollout(), { input: convertLayout(input, 'NCHW', 'NHWC'), targets: 0 });
  expect(turned.values.shape).toEqual([1, 4, 4, 1]);
  expect(turned.provenance.layout).toBe('NHWC');
});

const model = attending([Array.from({ length: 25 }, () => 0.2)], 5);
const withLayers = (...layers: readonly Partial<LayerInfo>[]): ModelAdapter<'activations'> =>
  ({ ...model, layers: layers.map((layer) => ({ ...model.layers[0]!, ...layer })) });

test('a fused operator is refused, and the way out is named', async () => {
  const fused = withLayers({}, { name: 'sdpa', kind: 'attention', operator: 'Attention' });
  await expect(explain(fused, attentionRollout(), request)).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE', message: expect.stringMatching(/sdpa.*fused operator gives no attention map.*opset 20/) as unknown });
  await expect(explain(fused, attentionRollout({ layers: ['sdpa'] }), request)).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
});

test('layers that are no attention maps, or of other tokens, are refused', async () => {
  await expect(explain(withLayers({ shape: [null, 10] }), attentionRollout(), request)).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE', message: expect.stringContaining('layers') as unknown });
  await expect(explain(model, attentionRollout({ layers: ['softmax0', 'dense'] }), request)).rejects.toMatchObject({
    code: 'LAYER_UNSUITABLE', message: expect.stringContaining('it is [1, 2], not [1, heads, 5, 5]') as unknown,
  });
  await expect(explain(model, attentionRollout({ layers: ['softmax7'] }), request)).rejects.toMatchObject({ code: 'LAYER_NOT_FOUND' });
  const evaluate: typeof model.evaluate = async (query, options) => {
    const answer = await model.evaluate({ ...query, activations: ['softmax0'] }, options);
    return { ...answer, activations: new Map([...answer.activations, ['small', tensor([1, 1, 2, 2], [1, 0, 0, 1])]]) };
  };
  const mixed: ModelAdapter<'activations'> = { ...withLayers({}, { name: 'small', shape: [null, 1, 2, 2] }), evaluate };
  await expect(explain(mixed, attentionRollout(), request)).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE', message: expect.stringContaining('it is [1, 1, 2, 2], not [1, heads, 5, 5]') as unknown });
});

test('maps of windows are refused', async () => {
  const evaluate: typeof model.evaluate = async (query, options) => {
    const answer = await model.evaluate(query, options);
    return { ...answer, activations: new Map([['softmax0', tensor([4, 1, 4, 4], new Float32Array(64).fill(0.25))]]) };
  };
  await expect(explain({ ...model, evaluate }, attentionRollout(), request)).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE', message: expect.stringContaining('no windows') as unknown });
});

test('the class token holds all of itself and its patches together', async () => {
  const transformer = await loadModel(join(__dirname, '../test/vision-transformer.onnx'));
  const image = tensor([2, 3, 32, 32], [...normalValues(0, 'image', 6144)]);
  const { values } = await explain(transformer, attentionRollout({ upsample: false }), { input: image, targets: [0, 1] });
  await transformer.dispose();
  // Rows of a product of stochastic matrices sum to 1; two layers pass at least a quarter of the class token by, and a little returns.
  for (const sample of [0, 1]) {
    const sum = values.data.subarray(sample * 16, (sample + 1) * 16).reduce((a, b) => a + b, 0);
    expect(sum).toBeGreaterThan(0.5);
    expect(sum).toBeLessThan(0.75);
  }
});
