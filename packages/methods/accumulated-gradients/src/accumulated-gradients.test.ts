import { expect, test } from '@jest/globals';
import { explain, sliceBatch, tensor, type Tensor } from '@pellucid/core';
import { analyticModel, convolutionalFormula, normalValues, quadraticFormula } from '@pellucid/testkit';
import { accumulatedGradients } from './accumulated-gradients.ts';

// f_0 + f_1 = 3 x + x^2 - y^2: gradients (3 + 2 x, -2 y).
const model = analyticModel(quadraticFormula([2], [[2, 1], [1, -1]], [[2, 0], [0, -2]]));
const samples = tensor([4, 2], [0, 1, 1, -2, -4, 3, 2, 4]);

function batches(...sizes: number[]): Tensor[] {
  let start = 0;
  return sizes.map((size) => sliceBatch(samples, start, (start += size)));
}

test('is the mean over all samples of the absolute gradient of the sum of logits', async () => {
  const { values, provenance } = await explain(model, accumulatedGradients(), { batches: batches(4) });
  expect(values).toEqual(tensor([1, 2], [(3 + 5 + 5 + 7) / 4, (2 + 4 + 6 + 8) / 4]));
  expect(provenance).toMatchObject({ samples: 4, targets: [], objective: 'sum-of-logits', passes: { forward: 4, backward: 4 } });
});

test('or the absolute value of the mean, in which samples cancel', async () => {
  const { values } = await explain(model, accumulatedGradients({ reduce: 'absolute-mean' }), { batches: batches(4) });
  expect(values).toEqual(tensor([1, 2], [(3 + 5 - 5 + 7) / 4, 3]));
});

test.each(['mean-absolute', 'absolute-mean'] as const)('%s does not depend on how samples fall into batches, nor on their order', async (reduce) => {
  const whole = await explain(model, accumulatedGradients({ reduce }), { batches: batches(4) });
  const uneven = await explain(model, accumulatedGradients({ reduce }), { batches: batches(1, 3) });
  const turned = await explain(model, accumulatedGradients({ reduce }), { batches: batches(1, 1, 2).reverse() });
  expect(uneven.values).toEqual(whole.values);
  expect(turned.values).toEqual(whole.values);
});

test('on single images it is a local map, a map each', async () => {
  const { values } = await explain(model, accumulatedGradients(), { input: samples });
  expect(values).toEqual(tensor([4, 2], [3, 2, 5, 4, 5, 6, 7, 8]));
});

test('takes the batches of a stream, each with the model as it is then', async () => {
  const method = accumulatedGradients();
  const accumulation = method.begin();
  const early = analyticModel(quadraticFormula([2], [[1, 0]], [[0, 0]]));
  const late = analyticModel(quadraticFormula([2], [[0, -5]], [[0, 0]]));
  await accumulation.add(early, sliceBatch(samples, 0, 1));
  expect([...accumulation.map().data]).toEqual([1, 0]);
  await accumulation.add(late, sliceBatch(samples, 1, 4));
  expect([...accumulation.map().data]).toEqual([1 / 4, 15 / 4]);
});

test('reads an asynchronous stream', async () => {
  async function* stream(): AsyncGenerator<Tensor> {
    for (const batch of batches(3, 1)) yield await Promise.resolve(batch);
  }
  const { values } = await explain(model, accumulatedGradients(), { batches: stream() });
  expect([...values.data]).toEqual([5, 5]);
});

test('refuses an empty stream, and samples of different sizes', async () => {
  await expect(explain(model, accumulatedGradients(), { batches: [] })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  const accumulation = accumulatedGradients().begin();
  const small = analyticModel(convolutionalFormula({ shape: [1, 3, 3], kernels: 1, classes: 1 }));
  await accumulation.add(small, tensor([1, 1, 3, 3], Float32Array.from(normalValues(0, 'image', 9))));
  await expect(accumulation.add(model, sliceBatch(samples, 0, 1))).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
});

test('an accumulation keeps its own sums: two at once do not mix', async () => {
  const method = accumulatedGradients();
  const [first, second] = [method.begin(), method.begin()];
  await first.add(model, sliceBatch(samples, 0, 1));
  await second.add(model, sliceBatch(samples, 1, 2));
  expect([...first.map().data]).toEqual([3, 2]);
  expect([...second.map().data]).toEqual([5, 4]);
});
