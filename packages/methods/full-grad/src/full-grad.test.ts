import { expect, test } from '@jest/globals';
import { explain, INPUT, tensor, type GradientPoint } from '@pellucid/core';
import { analyticModel, type AnalyticNetwork } from '@pellucid/testkit';
import { fullGrad } from './full-grad.ts';
import { spreadBias, sumScaled } from './planes.ts';

// 4 x 4 pixels; every second one is scaled, gets a bias and passes a ReLU; then they are weighted, and the score gets a bias of its own.
const LOOKED = [0, 2, 8, 10];
const SCALES = [2, -1];
const BIASES = [1, -3];
const HEAD = [1, 2, -1, 3, 1, -2, 1, 1];
const network: AnalyticNetwork = {
  name: 'biased',
  shape: [1, 4, 4],
  classes: 1,
  layers: [{ name: 'conv', kind: 'conv', shape: [2, 2, 2] }, { name: 'dense', kind: 'dense', shape: [1] }],
  biases: new Map([['conv', BIASES], ['dense', [7]]]),
  pass: (x) => {
    const conv = Float64Array.from({ length: 8 }, (_, i) => SCALES[i >> 2]! * x[LOOKED[i % 4]!]! + BIASES[i >> 2]!);
    const slopes = conv.map((value, i) => (value > 0 ? HEAD[i]! : 0));
    const score = conv.reduce((sum, value, i) => sum + slopes[i]! * value, 7);
    const gradient = new Float64Array(16);
    slopes.forEach((slope, i) => { gradient[LOOKED[i % 4]!]! += slope * SCALES[i >> 2]!; });
    return {
      logits: Float64Array.of(score),
      activations: new Map([['conv', conv], ['dense', Float64Array.of(score)]]),
      backward: ([slope = 0]) => new Map<GradientPoint, Float64Array>([
        [INPUT, gradient.map((value) => slope * value)], ['conv', slopes.map((value) => slope * value)], ['dense', Float64Array.of(slope)],
      ]),
    };
  },
};
const input = tensor([1, 1, 4, 4], Float32Array.from({ length: 16 }, (_, i) => (i % 5) - 2));

test.each(['NCHW', 'NHWC'] as const)('unscaled, map and biases without a place are the score (%s)', async (layout) => {
  const model = analyticModel(network, { capabilities: ['gradient', 'biases'], layout });
  const image = layout === 'NCHW' ? input : tensor([1, 4, 4, 1], input.data);
  const { values, provenance } = await explain(model, fullGrad({ scaled: false }), { input: image, targets: 0 });
  const score = network.pass(Float64Array.from(input.data)).logits[0]!;
  expect(values.data.reduce((a, b) => a + b, 0)).toBeCloseTo(score - 7, 5);
  expect(provenance.convergenceDelta?.[0]).toBeCloseTo(0, 5);
  expect(provenance.passes).toEqual({ forward: 1, backward: 1 });
});

test('scaled, every channel counts alike whatever its unit', () => {
  const geometry = { channels: 2, height: 1, width: 3, channelStride: 3, pixelStride: 1 };
  const { values } = sumScaled(Float64Array.of(-4, 2, 0, 100, 300, -200), geometry);
  [1, 1.5, 0.5].forEach((value, p) => { expect(values[p]).toBeCloseTo(value, 6); });
});

test('a bias is spread along the axes where it has length 1', () => {
  expect([...spreadBias(tensor([1, 2, 1, 1], [1, 2]), [1, 2, 1, 2])]).toEqual([1, 1, 2, 2]);
  expect([...spreadBias(tensor([1, 1, 1, 2], [1, 2]), [1, 2, 1, 2])]).toEqual([1, 2, 1, 2]);
  expect([...spreadBias(tensor([1, 2, 1, 2], [1, 2, 3, 4]), [1, 2, 1, 2])]).toEqual([1, 2, 3, 4]);
  expect([...spreadBias(tensor([1, 1], [5]), [1, 3])]).toEqual([5, 5, 5]);
  expect([...spreadBias(tensor([1, 1, 2, 1], [1, 2]), [1, 2, 2, 3])]).toEqual([1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]);
});

test('refuses input without height and width', async () => {
  const flat: AnalyticNetwork = { ...network, shape: [16], layers: [] };
  const model = analyticModel(flat, { capabilities: ['gradient', 'biases'] });
  await expect(explain(model, fullGrad(), { input: tensor([1, 16], input.data), targets: 0 })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
});
