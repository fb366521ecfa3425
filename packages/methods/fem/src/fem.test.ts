import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, layerFormula } from '@pellucid/testkit';
import { fem } from './fem.ts';

// Nine places, of which one is strong: mean 1, deviation sqrt(8).
const VALUES = [0, 0, 0, 0, 9, 0, 0, 0, 0];
const model = analyticModel(layerFormula([1, 3, 3], [new Float64Array(9)]), { capabilities: ['activations'] });
const input = tensor([1, 1, 3, 3], VALUES);

test('weights a channel by the share of places beyond so many deviations above its mean', async () => {
  const { values } = await explain(model, fem({ upsample: false }), { input, targets: 0 });
  expect([...values.data]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
});

test('no place is strong beyond three deviations here', async () => {
  const { values } = await explain(model, fem({ deviations: 3, upsample: false }), { input, targets: 0 });
  expect(values.data.every((value) => value === 0)).toBe(true);
});
