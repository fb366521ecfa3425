import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, convolutionalFormula, normalValues } from '@pellucid/testkit';
import { layerIntegratedGradients } from './layer-integrated-gradients.ts';

const SHAPE = [2, 5, 6] as const;
const model = analyticModel(convolutionalFormula({ shape: SHAPE, kernels: 3, classes: 2, seed: 4 }), { capabilities: ['activations', 'gradient', 'intervention'] });
const input = tensor([2, ...SHAPE], [...normalValues(1, 'input', 120)]);

test('over the layer relu, after which the model is linear, one point is exact', async () => {
  const { values, provenance } = await explain(model, layerIntegratedGradients({ layer: 'relu', steps: 1 }), { input, targets: [0, 1] });
  const { activations, gradients } = await model.evaluate({ input, activations: ['relu'], gradient: { of: { kind: 'logit', targets: [0, 1] }, at: ['relu'] } });
  values.data.forEach((value, i) => {
    expect(value).toBeCloseTo((activations.get('relu')?.data[i] ?? NaN) * (gradients.get('relu')?.data[i] ?? NaN), 5);
  });
  for (const delta of provenance.convergenceDelta ?? [NaN]) expect(Math.abs(delta)).toBeLessThan(1e-5);
});

test('over the layer conv it sums to the change of the score', async () => {
  const baseline = tensor([2, ...SHAPE], [...normalValues(2, 'baseline', 120)]);
  const { values, provenance } = await explain(model, layerIntegratedGradients({ layer: 'conv', steps: 300, baseline }), { input, targets: [0, 1] });
  const { logits } = await model.evaluate({ input });
  const { logits: start } = await model.evaluate({ input: baseline });
  [0, 1].forEach((sample) => {
    const sum = values.data.subarray(sample * 90, (sample + 1) * 90).reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - (logits.data[3 * sample]! - start.data[3 * sample]!))).toBeLessThan(0.02);
    expect(provenance.convergenceDelta?.[sample]).toBeCloseTo(sum - (logits.data[3 * sample]! - start.data[3 * sample]!), 4);
  });
});
