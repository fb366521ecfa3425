import { expect, test } from '@jest/globals';
import { activationOf, convertLayout, gradientAt, INPUT, score, tensor, type ModelAdapter, type Objective, type Tensor } from '@pellucid/core';
import { analyticModel } from './analytic-model.ts';
import { convolutionalFormula, normalValues, quadraticFormula } from './formulas.ts';

const SHAPE = [2, 5, 4] as const;
const input = tensor([2, ...SHAPE], Float32Array.from(normalValues(3, 'input', 80)));
const network = convolutionalFormula({ shape: SHAPE, kernels: 3, classes: 3, stride: 2, seed: 2 });
const targets = [0, 2];

const OBJECTIVES: Objective[] = [
  { kind: 'logit', targets }, { kind: 'probability', targets }, { kind: 'log-probability', targets }, { kind: 'margin', targets },
  { kind: 'margin', targets, against: [1, 1] }, { kind: 'sum-of-logits' }, { kind: 'cotangent', cotangent: tensor([2, 3], [1, -2, 3, 0.5, 0, -1]) },
];

/** The slope of an objective along a direction, by central differences. */
async function slope(model: ModelAdapter, of: Objective, direction: Float64Array, length: number): Promise<Float64Array> {
  const moved = async (sign: number): Promise<Float64Array> => {
    const data = input.data.map((x, i) => x + sign * length * direction[i % direction.length]!);
    return score(of, (await model.evaluate({ input: { shape: input.shape, data } })).logits);
  };
  const [above, below] = [await moved(1), await moved(-1)];
  return above.map((value, i) => (value - below[i]!) / (2 * length));
}

const along = (gradient: Tensor, direction: Float64Array): number[] =>
  [0, 1].map((sample) => direction.reduce((sum, d, i) => sum + d * gradient.data[sample * direction.length + i]!, 0));

test.each(OBJECTIVES)('the gradient of $kind is what finite differences say', async (of) => {
  const smooth = analyticModel(quadraticFormula(SHAPE, [0, 1, 2].map((k) => normalValues(k, 'a', 40).map((v) => v / 6)), [0, 1, 2].map((k) => normalValues(k, 'b', 40).map((v) => v / 6))));
  const direction = normalValues(9, 'direction', 40);
  for (const model of [smooth, analyticModel(network)]) {
    const gradient = gradientAt(await model.evaluate({ input, gradient: { of, at: [INPUT] } }), INPUT);
    // Single-precision logits over a distance of 2e-3 leave about four digits.
    const expected = await slope(model, of, direction, 1e-3);
    along(gradient, direction).forEach((value, sample) => { expect(Math.abs(value - expected[sample]!)).toBeLessThan(2e-3 * (1 + Math.abs(value))); });
  }
});

test('gradients at layers follow the chain rule: f is linear in the last ReLU', async () => {
  const model = analyticModel(network);
  const evaluation = await model.evaluate({ input, activations: ['conv', 'relu'], gradient: { of: { kind: 'logit', targets }, at: ['conv', 'relu'] } });
  const [conv, relu] = [activationOf(evaluation, 'conv'), activationOf(evaluation, 'relu')];
  expect(relu.shape).toEqual([2, 3, 3, 2]);
  conv.data.forEach((value, i) => { expect(relu.data[i]).toBe(Math.max(value, 0)); });
  const [atConv, atRelu] = [gradientAt(evaluation, 'conv'), gradientAt(evaluation, 'relu')];
  atConv.data.forEach((value, i) => { expect(value).toBe(conv.data[i]! > 0 ? atRelu.data[i] : 0); });
  targets.forEach((target, sample) => {
    const sum = Array.from({ length: 18 }, (_, i) => relu.data[18 * sample + i]! * atRelu.data[18 * sample + i]!).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(evaluation.logits.data[3 * sample + target]!, 5);
  });
});

test('channels last computes the same in another order', async () => {
  const last = analyticModel(network, { layout: 'NHWC' });
  expect(last.input.shape).toEqual([null, 5, 4, 2]);
  expect(last.layers[0]?.shape).toEqual([null, 3, 2, 3]);
  const query = { activations: ['relu'], gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } } as const;
  const a = await analyticModel(network).evaluate({ input, ...query });
  const b = await last.evaluate({ input: convertLayout(input, 'NCHW', 'NHWC'), ...query });
  expect(b.logits).toEqual(a.logits);
  expect(convertLayout(gradientAt(b, INPUT), 'NHWC', 'NCHW')).toEqual(gradientAt(a, INPUT));
  expect(convertLayout(activationOf(b, 'relu'), 'NHWC', 'NCHW')).toEqual(activationOf(a, 'relu'));
});

test('refuses what it does not offer, does not have, or cannot take', async () => {
  const output = analyticModel(network, { capabilities: [] });
  await expect(output.evaluate({ input, activations: ['relu'] })).rejects.toThrow(/needs/);
  await expect(analyticModel(network).evaluate({ input, activations: ['rulu'] })).rejects.toMatchObject({ code: 'LAYER_NOT_FOUND' });
  await expect(output.evaluate({ input: tensor([1, 2], [1, 2]) })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  await expect(output.evaluate({ input }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
});
