import { expect, test } from '@jest/globals';
import { explain, score, tensor } from '@pellucid/core';
import { analyticModel, convolutionalFormula, normalValues, quadraticFormula } from '@pellucid/testkit';
import { inputXGradient } from './input-x-gradient.ts';

test('multiplies every value by its slope', async () => {
  // f_0 = 2 x - y^2
  const model = analyticModel(quadraticFormula([2], [[2, 0]], [[0, -2]]));
  const { values } = await explain(model, inputXGradient(), { input: tensor([1, 2], [5, 3]), targets: 0 });
  expect([...values.data]).toEqual([10, -18]);
});

test('sums to the logit in a network without biases whose activations are ReLUs', async () => {
  const model = analyticModel(convolutionalFormula({ shape: [1, 6, 6], kernels: 4, classes: 2 }));
  const input = tensor([1, 1, 6, 6], Float32Array.from(normalValues(3, 'image', 36)));
  const { values } = await explain(model, inputXGradient(), { input, targets: 1 });
  const logit = score({ kind: 'logit', targets: [1] }, (await model.evaluate({ input })).logits)[0]!;
  // Euler's theorem for functions that are homogeneous of degree 1.
  expect(values.data.reduce((a, b) => a + b, 0)).toBeCloseTo(logit, 5);
});
