import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, linearFormula, normalValues } from '@pellucid/testkit';
import { occlusion } from './occlusion.ts';

const weights = [1, 2, 3, 4, 5, 6];
const model = analyticModel(linearFormula([1, 2, 3], [weights]), { capabilities: [] });
const input = tensor([1, 1, 2, 3], [1, -1, 2, 1, 1, -2]);

test('pixel by pixel, a linear model gives every pixel its term', async () => {
  const { values, provenance } = await explain(model, occlusion({ window: [1, 1] }), { input, targets: 0 });
  expect([...values.data]).toEqual(weights.map((weight, i) => weight * input.data[i]!));
  // The targets were given; the whole image once, then six windows.
  expect(provenance.passes).toEqual({ forward: 7, backward: 0 });
});

test('a pixel gets the mean over the windows that cover it', async () => {
  const { values } = await explain(model, occlusion({ window: [2, 2], stride: [1, 1] }), { input, targets: 0 });
  const terms = weights.map((weight, i) => weight * input.data[i]!);
  const left = terms[0]! + terms[1]! + terms[3]! + terms[4]!;
  const right = terms[1]! + terms[2]! + terms[4]! + terms[5]!;
  expect([...values.data]).toEqual([left, (left + right) / 2, right, left, (left + right) / 2, right]);
});

test('the clipped window counts like any other', async () => {
  // Columns 0-1, then column 2 alone.
  const { values } = await explain(model, occlusion({ window: [2, 2], stride: [2, 2] }), { input, targets: 0 });
  const terms = weights.map((weight, i) => weight * input.data[i]!);
  const left = terms[0]! + terms[1]! + terms[3]! + terms[4]!;
  expect([...values.data]).toEqual([left, left, terms[2]! + terms[5]!, left, left, terms[2]! + terms[5]!]);
});

test('covers with the baseline, all channels together, and says the same in each', async () => {
  const two = [normalValues(0, 'weights', 8)];
  const colours = analyticModel(linearFormula([2, 2, 2], two), { layout: 'NHWC', capabilities: [] });
  const image = tensor([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  const { values } = await explain(colours, occlusion({ window: [1, 1], baseline: 0.5 }), { input: image, targets: 0 });
  for (let pixel = 0; pixel < 4; pixel++) {
    const fall = two[0]![pixel]! * (image.data[2 * pixel]! - 0.5) + two[0]![4 + pixel]! * (image.data[2 * pixel + 1]! - 0.5);
    expect(values.data[2 * pixel]).toBeCloseTo(fall, 5);
    expect(values.data[2 * pixel + 1]).toBe(values.data[2 * pixel]);
  }
});

test('a window that covers the whole image tells the change of the output', async () => {
  const { values } = await explain(model, occlusion({ window: [2, 3] }), { input, targets: 0 });
  const change = weights.reduce((sum, weight, i) => sum + weight * input.data[i]!, 0);
  expect([...values.data]).toEqual(new Array(6).fill(change));
});

test('refuses what has no height and width', async () => {
  const table = analyticModel(linearFormula([3], [[1, 2, 3]]), { capabilities: [] });
  await expect(explain(table, occlusion(), { input: tensor([1, 3], [1, 2, 3]), targets: 0 })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
});
