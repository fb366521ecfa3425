import { expect, test } from '@jest/globals';
import { explain, tensor, type GradientPoint } from '@pellucid/core';
import { analyticModel, layerFormula, type AnalyticNetwork, type AnalyticPass } from '@pellucid/testkit';
import { shapleyCam } from './shapley-cam.ts';

// Two channels of 2 x 2: the score is the sum of the products with these weights, which are its gradient.
const WEIGHTS = [1, 0, -1, 2, -3, 1, 0.5, 0];
// Its second derivatives.
const SQUARES = [2, 0, 1, 0, 0, 4, 0, -2];
const VALUES = [1, 2, 3, 4, 2, -1, 4, 0];
const model = analyticModel(layerFormula([2, 2, 2], [WEIGHTS], [SQUARES]), { capabilities: ['activations', 'gradient', 'intervention'] });
const input = tensor([1, 2, 2, 2], VALUES);

test('weights channels by the mean of g - H A / 2, which for a quadratic score is that of its first-order weights and half its curvature', async () => {
  const { values, provenance } = await explain(model, shapleyCam({ relu: false, upsample: false }), { input, targets: 0 });
  const weights = [0, 1].map((k) => [0, 1, 2, 3].reduce((sum, p) => sum + WEIGHTS[4 * k + p]! + (SQUARES[4 * k + p]! * VALUES[4 * k + p]!) / 2, 0) / 4);
  // The gradients are in single precision, and divided by a step of 1/512.
  [0, 1, 2, 3].forEach((p) => { expect(values.data[p]).toBeCloseTo(weights[0]! * VALUES[p]! + weights[1]! * VALUES[4 + p]!, 3); });
  expect(provenance.passes).toEqual({ forward: 3, backward: 3 });
});

test('the jump of a gradient at a kink beside the values is no curvature', async () => {
  // f = 2 relu(A - 1): at 1.001 a step back crosses the kink.
  const kinked: AnalyticNetwork = {
    ...layerFormula([1, 1, 1], [[1]]),
    resume: (_, __, given) => pass(given),
    pass: (x) => pass(x),
  };
  const pass = (x: Float64Array): AnalyticPass => ({
    logits: x.map((value) => 2 * Math.max(value - 1, 0)),
    activations: new Map([['features', x]]),
    backward: ([slope = 0]) => new Map<GradientPoint, Float64Array>([['features', x.map((value) => (value > 1 ? 2 * slope : 0))]]),
  });
  const edge = analyticModel(kinked, { capabilities: ['activations', 'gradient', 'intervention'] });
  const { values } = await explain(edge, shapleyCam({ layer: 'features', upsample: false }), { input: tensor([1, 1, 1, 1], [1.001]), targets: 0 });
  expect(values.data[0]).toBeCloseTo(2.002, 5);
});
