import { expect, test } from '@jest/globals';
import { explain, sampleData, tensor } from '@pellucid/core';
import { analyticModel, layerFormula, normalValues } from '@pellucid/testkit';
import { layerDeepLift } from './layer-deep-lift.ts';

const SHAPE = [2, 2, 3] as const;
const weights = [normalValues(1, 'weights', 12), normalValues(2, 'weights', 12)];
const model = analyticModel(layerFormula(SHAPE, weights), { capabilities: ['activations', 'gradient', 'backward-rules'] });
const input = tensor([2, ...SHAPE], [...normalValues(3, 'input', 24)]);
const targets = [1, 0];

test('behind a layer that is read linearly each value contributes its weight times its change', async () => {
  const { values, provenance } = await explain(model, layerDeepLift({ baseline: 0.5 }), { input, targets });
  targets.forEach((target, sample) => {
    sampleData(values, sample).forEach((value, i) => { expect(value).toBeCloseTo(weights[target]![i]! * (sampleData(input, sample)[i]! - 0.5), 5); });
    expect(provenance.convergenceDelta?.[sample]).toBeCloseTo(0, 5);
  });
  expect(provenance.layer).toBe('features');
  expect(provenance.passes).toEqual({ forward: 4, backward: 4 });
});

test('a layer that is not there is named', async () => {
  await expect(explain(model, layerDeepLift({ layer: 'feature' }), { input, targets })).rejects.toMatchObject({ code: 'LAYER_NOT_FOUND' });
});
