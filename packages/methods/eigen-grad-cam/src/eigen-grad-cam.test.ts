import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, layerFormula } from '@pellucid/testkit';
import { eigenGradCam } from './eigen-grad-cam.ts';

test('products of rank one give their pattern, scaled by the length of the channel weights', async () => {
  // g * A = [3, 4] times the pattern.
  const pattern = [1, 5, 2, 0];
  const model = analyticModel(layerFormula([2, 2, 2], [[3, 3, 3, 3, -2, -2, -2, -2]]));
  const input = tensor([1, 2, 2, 2], [...pattern, ...pattern.map((value) => -2 * value)]);
  const { values } = await explain(model, eigenGradCam({ centred: false, upsample: false }), { input, targets: 0 });
  pattern.forEach((value, p) => { expect(values.data[p]).toBeCloseTo(5 * value, 5); });
});
