import { expect, test } from '@jest/globals';
import { explain, sampleData, sliceBatch, tensor } from '@pellucid/core';
import { analyticModel, linearFormula, normalValues } from '@pellucid/testkit';
import { deepLiftShap } from './deep-lift-shap.ts';

const SHAPE = [1, 2, 3] as const;
const weights = [normalValues(1, 'weights', 6), normalValues(2, 'weights', 6)];
const model = analyticModel(linearFormula(SHAPE, weights, [1, -2]), { capabilities: ['gradient', 'backward-rules'] });
const input = tensor([2, ...SHAPE], [...normalValues(3, 'input', 12)]);
const references = tensor([5, ...SHAPE], [...normalValues(4, 'references', 30)]);
const targets = [1, 0];

test('of a linear model it gives the SHAP values: weights times the distance from the mean reference', async () => {
  const { values, provenance } = await explain(model, deepLiftShap(), { input, targets, references });
  const mean = Array.from({ length: 6 }, (_, i) => [0, 1, 2, 3, 4].reduce((sum, r) => sum + sampleData(references, r)[i]! / 5, 0));
  targets.forEach((target, sample) => {
    sampleData(values, sample).forEach((value, i) => {
      expect(value).toBeCloseTo(weights[target]![i]! * (sampleData(input, sample)[i]! - mean[i]!), 5);
    });
    expect(provenance.convergenceDelta?.[sample]).toBeCloseTo(0, 5);
  });
  expect(provenance.passes).toEqual({ forward: 20, backward: 20 });
});

test('it is the mean of the maps for single references, in any amount of memory', async () => {
  const whole = await explain(model, deepLiftShap(), { input, targets, references });
  const tight = await explain(model, deepLiftShap(), { input, targets, references, memoryBudget: 1 });
  expect(tight.values.data).toEqual(whole.values.data);
  const single = await Promise.all([0, 1, 2, 3, 4].map((r) => explain(model, deepLiftShap(), { input, targets, references: sliceBatch(references, r, r + 1) })));
  whole.values.data.forEach((value, i) => expect(value).toBeCloseTo(single.reduce((sum, { values }) => sum + values.data[i]! / 5, 0), 5));
});

test.each([['logit', 20, 20], ['margin', 22, 20], ['log-probability', 27, 20]] as const)('logits that %s needs ahead are computed once', async (objective, forward, backward) => {
  const { provenance } = await explain(model, deepLiftShap(), { input, targets, references, objective });
  expect(provenance.passes).toEqual({ forward, backward });
});

test('without references, or with references of another shape, it says what is missing', async () => {
  await expect(explain(model, deepLiftShap(), { input, targets })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  await expect(explain(model, deepLiftShap(), { input, targets, references: tensor([1, 2], [1, 2]) })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
});
