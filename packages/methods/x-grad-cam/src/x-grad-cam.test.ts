import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, layerFormula } from '@pellucid/testkit';
import { xGradCam } from './x-grad-cam.ts';

// Two channels of 2 x 2: the score is the sum of the products with these weights, which are its gradient.
const WEIGHTS = [1, 0, -1, 2, -3, 1, 0.5, 0];
const VALUES = [1, 2, 3, 4, 2, -1, 4, 0];
const model = analyticModel(layerFormula([2, 2, 2], [WEIGHTS]));
const input = tensor([1, 2, 2, 2], VALUES);

test('weights channels by their share of the score: together the map is the score', async () => {
  const { values } = await explain(model, xGradCam({ relu: false, upsample: false }), { input, targets: 0 });
  // Channel 0 adds 6 with a sum of 10, channel 1 adds -5 with a sum of 5.
  [0, 1, 2, 3].forEach((p) => { expect(values.data[p]).toBeCloseTo(0.6 * VALUES[p]! - VALUES[4 + p]!, 5); });
  expect(values.data.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
});
