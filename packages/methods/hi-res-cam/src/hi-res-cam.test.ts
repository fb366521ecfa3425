import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, layerFormula } from '@pellucid/testkit';
import { hiResCam } from './hi-res-cam.ts';

// Two channels of 2 x 2: the score is the sum of the products with these weights, which are its gradient.
const WEIGHTS = [1, 0, -1, 2, -3, 1, 0.5, 0];
const VALUES = [1, 2, 3, 4, 2, -1, 4, 0];
const model = analyticModel(layerFormula([2, 2, 2], [WEIGHTS]));
const input = tensor([1, 2, 2, 2], VALUES);

test('is what each place adds to the score of a network that is linear behind the layer', async () => {
  const { values } = await explain(model, hiResCam({ relu: false, upsample: false }), { input, targets: 0 });
  expect([...values.data]).toEqual([-5, -1, -1, 8]);
  expect(values.data.reduce((a, b) => a + b, 0)).toBe(WEIGHTS.reduce((sum, weight, i) => sum + weight * VALUES[i]!, 0));
});

test('keeps what speaks for the class', async () => {
  const { values } = await explain(model, hiResCam({ upsample: false }), { input, targets: 0 });
  expect([...values.data]).toEqual([0, 0, 0, 8]);
});
