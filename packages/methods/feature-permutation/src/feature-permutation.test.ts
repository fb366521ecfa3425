import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, linearFormula } from '@pellucid/testkit';
import { featurePermutation } from './feature-permutation.ts';

const model = analyticModel(linearFormula([3], [[1, 2, 0]], [5]), { capabilities: [] });

test('effects cancel over the batch of a linear model, and a feature without weight gets nothing', async () => {
  const input = tensor([4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30]);
  const { values } = await explain(model, featurePermutation(), { input, targets: 0 });
  // Every value is used once: what one sample loses, others gain.
  for (const feature of [0, 1]) expect([0, 1, 2, 3].reduce((sum, sample) => sum + values.data[sample * 3 + feature]!, 0)).toBeCloseTo(0, 5);
  for (const sample of [0, 1, 2, 3]) expect(values.data[sample * 3 + 2]).toBe(0);
  expect(values.data.some((value) => value !== 0)).toBe(true);
});

test('one sample has nothing to exchange with', async () => {
  await expect(explain(model, featurePermutation(), { input: tensor([1, 3], [1, 2, 3]), targets: 0 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});
