import { expect, test } from '@jest/globals';
import { explain, gaussianBlur, tensor } from '@pellucid/core';
import { analyticModel, linearFormula, normalValues, quadraticFormula } from '@pellucid/testkit';
import { blurIntegratedGradients } from './blur-integrated-gradients.ts';

const SHAPE = [2, 6, 8] as const;
const SIZE = 96;
const [linear, square] = [normalValues(1, 'linear', SIZE), normalValues(1, 'square', SIZE)];
const input = tensor([1, ...SHAPE], [...normalValues(1, 'input', SIZE)]);
const quadratic = analyticModel(quadraticFormula(SHAPE, [linear, linear], [square, square]), { capabilities: ['gradient'] });

test('for a linear model the map is the weight times what the blur took away, however few the steps', async () => {
  const model = analyticModel(linearFormula(SHAPE, [linear, linear], [0, 0]), { capabilities: ['gradient'] });
  const blurred = gaussianBlur(input, 'NCHW', 3).data;
  for (const steps of [1, 4]) {
    const { values } = await explain(model, blurIntegratedGradients({ steps, maxSigma: 3 }), { input, targets: 0 });
    linear.forEach((weight, i) => { expect(values.data[i]).toBeCloseTo(weight * (input.data[i]! - blurred[i]!), 5); });
  }
});

test('the sum comes to the change of the score, four times as close for twice the steps', async () => {
  const deltaOf = async (steps: number): Promise<number> => {
    const { values, provenance } = await explain(quadratic, blurIntegratedGradients({ steps, maxSigma: 2 }), { input, targets: 0 });
    const ends = { shape: [2, ...SHAPE], data: Float32Array.of(...input.data, ...gaussianBlur(input, 'NCHW', 2).data) };
    const { logits } = await quadratic.evaluate({ input: ends });
    const sum = values.data.reduce((a, b) => a + b, 0);
    expect(provenance.convergenceDelta?.[0]).toBeCloseTo(sum - (logits.data[0]! - logits.data[2]!), 3);
    return Math.abs(provenance.convergenceDelta?.[0] ?? NaN);
  };
  const [few, many] = [await deltaOf(16), await deltaOf(32)];
  expect(few / many).toBeGreaterThan(3);
  expect(many).toBeLessThan(0.05);
});

test('an image that a blur does not change gets a map of zeros', async () => {
  const flat = tensor([1, ...SHAPE], new Array<number>(SIZE).fill(0.5));
  const { values } = await explain(quadratic, blurIntegratedGradients({ steps: 4 }), { input: flat, targets: 0 });
  for (const value of values.data) expect(Math.abs(value)).toBeLessThan(1e-6);
});

test('refuses what has no height and width', async () => {
  const model = analyticModel(linearFormula([4], [normalValues(1, 'w', 4)], [0]), { capabilities: ['gradient'] });
  await expect(explain(model, blurIntegratedGradients(), { input: tensor([1, 4], [1, 2, 3, 4]), targets: 0 })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
});
