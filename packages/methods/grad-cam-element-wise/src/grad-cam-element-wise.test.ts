import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, layerFormula } from '@pellucid/testkit';
import { gradCamElementWise } from './grad-cam-element-wise.ts';

// Two channels of 2 x 2: the score is the sum of the products with these weights, which are its gradient.
const WEIGHTS = [1, 0, -1, 2, -3, 1, 0.5, 0];
const VALUES = [1, 2, 3, 4, 2, -1, 4, 0];
const model = analyticModel(layerFormula([2, 2, 2], [WEIGHTS]));
const input = tensor([1, 2, 2, 2], VALUES);

test('sums the positive products of values and gradients', async () => {
  const { values } = await explain(model, gradCamElementWise({ upsample: false }), { input, targets: 0 });
  expect([...values.data]).toEqual([1, 0, 2, 8]);
});
