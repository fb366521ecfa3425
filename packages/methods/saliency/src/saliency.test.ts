import { expect, test } from '@jest/globals';
import { explain, tensor, type TargetObjective } from '@pellucid/core';
import { analyticModel, convolutionalFormula, normalValues, quadraticFormula } from '@pellucid/testkit';
import { saliency } from './saliency.ts';

// f_0 = 2 x - y^2, f_1 = -x + y
const model = analyticModel(quadraticFormula([2], [[2, 0], [-1, 1]], [[0, -2], [0, 0]]));
const input = tensor([2, 2], [1, 3, 1, -2]);

test('is the gradient of the target, sample by sample, signed', async () => {
  const { values, provenance } = await explain(model, saliency(), { input, targets: [0, 1] });
  expect([...values.data]).toEqual([2, -6, -1, 1]);
  expect(provenance.passes).toEqual({ forward: 2, backward: 2 });
});

test('drops the signs when asked to', async () => {
  const { values } = await explain(model, saliency({ absolute: true }), { input, targets: [0, 1] });
  expect([...values.data]).toEqual([2, 6, 1, 1]);
});

test('the margin of two classes has the difference of their gradients', async () => {
  const { values } = await explain(model, saliency(), { input, targets: [0, 1], objective: 'margin' });
  expect([...values.data]).toEqual([3, -7, -3, -3]);
});

test.each<TargetObjective>(['logit', 'probability', 'log-probability'])('predicts how the %s changes in any direction', async (objective) => {
  const network = analyticModel(convolutionalFormula({ shape: [2, 5, 4], kernels: 3, classes: 3 }));
  const at = tensor([1, 2, 5, 4], Float32Array.from(normalValues(1, 'at', 40)));
  const { values } = await explain(network, saliency(), { input: at, targets: 1, objective });
  const direction = normalValues(2, 'direction', 40);
  const length = 1e-3;
  const moved = async (sign: number): Promise<number> => {
    const { logits } = await network.evaluate({ input: { shape: at.shape, data: at.data.map((x, i) => x + sign * length * direction[i]!) } });
    const total = logits.data.reduce((sum, z) => sum + Math.exp(z), 0);
    const z = logits.data[1]!;
    return { logit: z, probability: Math.exp(z) / total, 'log-probability': z - Math.log(total), margin: NaN }[objective];
  };
  const slope = ((await moved(1)) - (await moved(-1))) / (2 * length);
  // Logits are single precision: 1e-7 over a distance of 2e-3.
  expect(values.data.reduce((sum, g, i) => sum + g * direction[i]!, 0)).toBeCloseTo(slope, 3);
});
