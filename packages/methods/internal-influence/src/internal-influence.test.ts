import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, convolutionalFormula, normalValues } from '@pellucid/testkit';
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
