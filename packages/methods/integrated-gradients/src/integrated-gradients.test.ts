import { expect, test } from '@jest/globals';
import { batchSize, explain, sampleData, tensor, type ModelAdapter } from '@pellucid/core';
import { analyticModel, convolutionalFormula, linearFormula, normalValues, quadraticFormula } from '@pellucid/testkit';
import { integratedGradients } from './integrated-gradients.ts';

// f = 3 x + x^2 / 2 - 2 y^2
const model = analyticModel(quadraticFormula([2], [[3, 0]], [[1, -4]]));
const input = tensor([1, 2], [2, 1]);

test('shares the change of a quadratic among its terms', async () => {
  const { values, provenance } = await explain(model, integratedGradients(), { input, targets: 0 });
  expect(values.data[0]).toBeCloseTo(8, 5);
  expect(values.data[1]).toBeCloseTo(-2, 5);
  expect(provenance.convergenceDelta?.[0]).toBeCloseTo(0, 5);
  expect(provenance.passes).toEqual({ forward: 52, backward: 50 });
});

test('starts at the baseline', async () => {
  // From (1, 1): only x moves; its term changes from 3.5 to 8.
  const { values } = await explain(model, integratedGradients({ baseline: 1 }), { input, targets: 0 });
  expect(values.data[0]).toBeCloseTo(4.5, 5);
  expect(values.data[1]).toBeCloseTo(0, 10);
  const given = await explain(model, integratedGradients({ baseline: tensor([2], [1, 1]) }), { input, targets: 0 });
  expect(given.values).toEqual(values);
  const mean = await explain(model, integratedGradients({ baseline: 'mean' }), { input, targets: 0, references: tensor([2, 2], [0, 2, 2, 0]) });
  expect(mean.values).toEqual(values);
});

test('reports how far a coarse rule is off', async () => {
  const { values, provenance } = await explain(model, integratedGradients({ quadrature: 'riemann-left', steps: 1 }), { input, targets: 0 });
  // One step at the baseline: the gradient there is (3, 0); the change is 6.
  expect([...values.data]).toEqual([6, 0]);
  expect(provenance.convergenceDelta).toEqual([0]);
  const right = await explain(model, integratedGradients({ quadrature: 'riemann-right', steps: 1 }), { input, targets: 0 });
  expect([...right.values.data]).toEqual([10, -4]);
  const single = await explain(model, integratedGradients({ quadrature: 'riemann-right', steps: 1, baseline: 1 }), { input, targets: 0 });
  // The gradient at x = 2 is 5, where 4.5 was the change.
  expect(single.provenance.convergenceDelta).toEqual([0.5]);
});

test('without the factor of the input it is the mean gradient, which promises no sum', async () => {
  const { values, provenance } = await explain(model, integratedGradients({ multiplyByInputs: false }), { input, targets: 0 });
  expect(values.data[0]).toBeCloseTo(4, 5);
  expect(values.data[1]).toBeCloseTo(-2, 5);
  expect(provenance.convergenceDelta).toBeUndefined();
});

test('a trapezoid needs two points', async () => {
  const attempt = explain(model, integratedGradients({ quadrature: 'riemann-trapezoid', steps: 1 }), { input, targets: 0 });
  await expect(attempt).rejects.toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining('riemann-trapezoid') as unknown });
});

test('a random baseline belongs to the sample and the seed, not to its place in the batch', async () => {
  const network = analyticModel(convolutionalFormula({ shape: [1, 4, 4], kernels: 2, classes: 2 }));
  const batch = tensor([2, 1, 4, 4], Float32Array.from(normalValues(4, 'images', 32)));
  const method = integratedGradients({ baseline: 'random', steps: 5 });
  const both = await explain(network, method, { input: batch, targets: 1, seed: 3 });
  const second = tensor([1, 1, 4, 4], sampleData(batch, 1));
  const alone = await explain(network, method, { input: second, targets: 1, seed: 3 });
  expect([...alone.values.data]).toEqual([...sampleData(both.values, 1)]);
  const other = await explain(network, method, { input: second, targets: 1, seed: 4 });
  expect([...other.values.data]).not.toEqual([...alone.values.data]);
});

/** The batches that a model was asked about. */
function recorded(from: ModelAdapter): { readonly model: ModelAdapter; readonly sizes: number[] } {
  const sizes: number[] = [];
  return {
    model: { ...from, evaluate: (query, options) => { sizes.push(batchSize(query.input)); return from.evaluate(query, options); } },
    sizes,
  };
}

test('never holds all points of all samples: pieces of what the memory takes, rounded down to a power of two', async () => {
  const batch = tensor([3, 2], [1, 2, 3, 4, 5, 6]);
  const { model: observed, sizes } = recorded(model);
  await explain(observed, integratedGradients({ steps: 10 }), { input: batch, targets: 0, memoryBudget: 5.9 * model.bytesPerSample });
  expect(sizes).toEqual([4, 4, 4, 4, 4, 4, 4, 2, 3, 3]);
});

test('tells how far it is', async () => {
  const seen: [number, number][] = [];
  const onProgress = (done: number, total: number): void => { seen.push([done, total]); };
  await explain(model, integratedGradients({ steps: 6 }), { input, targets: 0, memoryBudget: 4 * model.bytesPerSample, onProgress });
  expect(seen).toEqual([[4, 6], [6, 6]]);
});

test('two networks that compute the same function get the same map', async () => {
  // Implementation invariance: a linear network and a quadratic one whose square terms vanish.
  const weights = [normalValues(7, 'weights', 9)];
  const batch = tensor([1, 1, 3, 3], Float32Array.from(normalValues(8, 'image', 9)));
  const request = { input: batch, targets: 0 };
  const linear = await explain(analyticModel(linearFormula([1, 3, 3], weights)), integratedGradients(), request);
  linear.values.data.forEach((value, i) => { expect(value).toBeCloseTo(weights[0]![i]! * batch.data[i]!, 5); });
});
