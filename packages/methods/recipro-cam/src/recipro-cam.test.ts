import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, layerFormula } from '@pellucid/testkit';
import { reciproCam } from './recipro-cam.ts';

// Two channels of 2 x 2: the score is the sum of the products with these weights, which are its gradient.
const WEIGHTS = [1, 0, -1, 2, -3, 1, 0.5, 0];
const VALUES = [1, 2, 3, 4, 2, -1, 4, 0];
const model = analyticModel(layerFormula([2, 2, 2], [WEIGHTS], undefined, [10]), { capabilities: ['activations', 'intervention'] });
const input = tensor([1, 2, 2, 2], VALUES);

test('gives the score of every place alone', async () => {
  const { values, provenance } = await explain(model, reciproCam({ upsample: false }), { input, targets: 0 });
  expect([...values.data]).toEqual([5, 9, 9, 18]);
  expect(provenance.passes).toEqual({ forward: 5, backward: 0 });
});

test('with its neighbours, all weighted by a Gaussian', async () => {
  const { values } = await explain(model, reciproCam({ gaussian: true, upsample: false }), { input, targets: 0 });
  const alone = [-5, -1, -1, 8];
  // In a layer of 2 x 2 every place is a neighbour of every other one.
  const expected = [0, 1, 2, 3].map((p) => 10 + alone.reduce((sum, value, q) => sum + value * (p === q ? 1 / 4 : p + q === 3 ? 1 / 16 : 1 / 8), 0));
  expected.forEach((value, p) => { expect(values.data[p]).toBeCloseTo(value, 5); });
});
