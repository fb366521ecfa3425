import { expect, test } from '@jest/globals';
import { explain, tensor, type Tensor } from '@pellucid/core';
import { analyticModel, normalValues, quadraticFormula } from '@pellucid/testkit';
import { gradientShap } from './gradient-shap.ts';

const SHAPE = [1, 2, 3] as const;
const SIZE = 6;
const [linear, square] = [normalValues(1, 'linear', SIZE), normalValues(1, 'square', SIZE)];
const model = analyticModel(quadraticFormula(SHAPE, [linear, linear], [square, square]), { capabilities: ['gradient'] });
const batch = (seed: number, count: number): Tensor => tensor([count, ...SHAPE], [...normalValues(seed, 'values', count * SIZE)]);
const input = batch(1, 1);
const references = batch(2, 3);

/** f of single values: the model is a sum over them, so that their SHAP values are differences of means. */
async function singleEffects(): Promise<number[]> {
  const alone = (values: Float32Array, at: number): Tensor => tensor([1, ...SHAPE], [...values].map((value, i) => (i === at ? value : 0)));
  const score = async (x: Tensor): Promise<number> => (await model.evaluate({ input: x })).logits.data[0]!;
  return Promise.all(Array.from({ length: SIZE }, async (_, at) => {
    const means = await Promise.all([0, 1, 2].map((r) => score(alone(references.data.subarray(r * SIZE, (r + 1) * SIZE), at))));
    return (await score(alone(input.data, at))) - (means[0]! + means[1]! + means[2]!) / 3;
  }));
}

test('for an additive model the SHAP values lie within four standard errors', async () => {
  const truth = await singleEffects();
  const { values, standardError, provenance } = await explain(model, gradientShap({ samples: 2000 }), { input, references, targets: 0 });
  truth.forEach((effect, i) => {
    expect(Math.abs(values.data[i]! - effect)).toBeLessThan(4 * (standardError?.data[i] ?? NaN));
  });
  expect(provenance.passes).toEqual({ forward: 2000, backward: 2000 });
});

test('stops at a wanted standard error', async () => {
  const { provenance } = await explain(model, gradientShap({ samples: 5000 }), { input, references, targets: 0, standardError: 0.1 });
  expect(provenance.draws?.[0]).toBeLessThan(5000);
});

test('without references, or with references of another shape, it says what is missing', async () => {
  await expect(explain(model, gradientShap(), { input, targets: 0 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  await expect(explain(model, gradientShap(), { input, targets: 0, references: tensor([1, 2], [1, 2]) })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
});
