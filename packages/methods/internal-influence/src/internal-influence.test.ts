import { expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, imageGeometry, tensor } from '@pellucid/core';
import { analyticModel, convolutionalFormula, normalValues } from '@pellucid/testkit';
import { zooModel } from '@pellucid/zoo';
import { internalInfluence } from './internal-influence.ts';

const SHAPE = [2, 5, 6] as const;
const model = analyticModel(convolutionalFormula({ shape: SHAPE, kernels: 3, classes: 2, seed: 4 }), { capabilities: ['gradient'] });
const input = tensor([1, ...SHAPE], [...normalValues(1, 'input', 60)]);

test('after the last rectifier the gradient is the same all along the path', async () => {
  const { gradients } = await model.evaluate({ input, gradient: { of: { kind: 'logit', targets: [1] }, at: ['relu'] } });
  for (const steps of [1, 7]) {
    const { values, provenance } = await explain(model, internalInfluence({ layer: 'relu', steps }), { input, targets: 1 });
    values.data.forEach((value, i) => { expect(value).toBeCloseTo(gradients.get('relu')?.data[i] ?? NaN, 6); });
    expect(provenance).toMatchObject({ layer: 'relu', passes: { forward: steps, backward: steps } });
  }
});

test('before the rectifier it is the share of the path on which a unit is active, times its weight', async () => {
  // Without a bias a unit that is active at the input is active all along the path from zero; one that is not, never.
  const { gradients } = await model.evaluate({ input, gradient: { of: { kind: 'logit', targets: [0] }, at: ['conv'] } });
  const { values } = await explain(model, internalInfluence({ layer: 'conv', steps: 5 }), { input, targets: 0 });
  values.data.forEach((value, i) => { expect(value).toBeCloseTo(gradients.get('conv')?.data[i] ?? NaN, 6); });
  // From the opposite of the input the sign of every unit changes half way.
  const opposite = tensor([1, ...SHAPE], input.data.map((value) => -value));
  const half = await explain(model, internalInfluence({ layer: 'conv', steps: 6, quadrature: 'riemann-middle', baseline: opposite }), { input, targets: 0 });
  const { gradients: after } = await model.evaluate({ input, gradient: { of: { kind: 'logit', targets: [0] }, at: ['relu'] } });
  half.values.data.forEach((value, i) => { expect(value).toBeCloseTo((after.get('relu')?.data[i] ?? NaN) / 2, 6); });
});

test('the default layer stands before the last convolution: behind it global average pooling makes the gradient the same everywhere', async () => {
  const network = await loadModel(zooModel('residual-cnn').onnx.path);
  const image = tensor([1, 3, 32, 32], [...normalValues(1, 'image', 3 * 32 * 32)]);
  const spread = async (layer?: string): Promise<{ readonly layer: string | undefined; readonly range: number }> => {
    const { values, provenance } = await explain(network, internalInfluence({ steps: 5, layer }), { input: image, targets: 0 });
    const { channels, channelStride, height, width, pixelStride } = imageGeometry(values.shape, provenance.layout);
    const sums = Array.from({ length: height * width }, (_, p) =>
      Array.from({ length: channels }, (__, c) => values.data[c * channelStride + p * pixelStride] ?? NaN).reduce((a, b) => a + b, 0));
    return { layer: provenance.layer, range: Math.max(...sums) - Math.min(...sums) };
  };
  const chosen = await spread();
  expect(chosen.layer).toBe('block2/relu1');
  expect(chosen.range).toBeGreaterThan(1e-3);
  expect((await spread('block2/relu2')).range).toBeLessThan(1e-6);
  await network.dispose();
});

test('a model of one convolution is explained behind it', async () => {
  const { provenance } = await explain(model, internalInfluence({ steps: 2 }), { input, targets: 0 });
  expect(provenance.layer).toBe('relu');
});
