import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, layerFormula } from '@pellucid/testkit';
import { gradCamPlusPlus } from './grad-cam-plus-plus.ts';

// Two channels of 2 x 2: the score is the sum of the products with these weights, which are its gradient.
const WEIGHTS = [1, 0, -1, 2, -3, 1, 0.5, 0];
const VALUES = [1, 2, 3, 4, 2, -1, 4, 0];
const model = analyticModel(layerFormula([2, 2, 2], [WEIGHTS]));
const input = tensor([1, 2, 2, 2], VALUES);

test('without epsilon, coefficients are 1 / (2 + S g), S being the sum of the channel', async () => {
  const { values } = await explain(model, gradCamPlusPlus({ epsilon: 0, relu: false, upsample: false }), { input, targets: 0 });
  // Channel 0 sums to 10, with positive gradients 1 and 2; channel 1 sums to 5, with 1 and 1/2.
  const [first, second] = [1 / 12 + 2 / 22, 1 / 7 + 0.5 / 4.5];
  values.data.forEach((value, p) => { expect(value).toBeCloseTo(first * VALUES[p]! + second * VALUES[4 + p]!, 5); });
});

test('a channel without positive gradients has no weight, whatever its sum', async () => {
  const against = analyticModel(layerFormula([1, 2, 2], [[-1, -2, 0, -0.5]]));
  const { values } = await explain(against, gradCamPlusPlus({ epsilon: 0, upsample: false }), { input: tensor([1, 1, 2, 2], [4, -8, 1, 1]), targets: 0 });
  expect([...values.data].map(Math.abs)).toEqual([0, 0, 0, 0]);
});
