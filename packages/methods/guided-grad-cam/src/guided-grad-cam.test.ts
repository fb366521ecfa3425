import { expect, test } from '@jest/globals';
import { activationOf, explain, gradientAt, INPUT, resample, tensor } from '@pellucid/core';
import { analyticModel, convolutionalFormula, linearFormula, normalValues } from '@pellucid/testkit';
import { guidedGradCam } from './guided-grad-cam.ts';

const SHAPE = [2, 4, 6] as const;
const NEEDS = ['activations', 'gradient', 'backward-rules'] as const;
const model = analyticModel(convolutionalFormula({ shape: SHAPE, kernels: 3, classes: 2, stride: 2, seed: 8 }), { capabilities: NEEDS });
const input = tensor([2, ...SHAPE], [...normalValues(3, 'input', 96)]);
const targets = [0, 1];

test.each(['bilinear', 'nearest'] as const)('is the fine map times the coarse one, resized (%s); a rule that nothing followed is listed', async (upsample) => {
  const { values, provenance } = await explain(model, guidedGradCam({ layer: 'conv', upsample }), { input, targets });
  const of = { kind: 'logit', targets } as const;
  const evaluation = await model.evaluate({ input, activations: ['conv'], gradient: { of, at: [INPUT, 'conv'] } });
  const [a, g] = [activationOf(evaluation, 'conv').data, gradientAt(evaluation, 'conv').data];
  const coarse = Array.from({ length: 12 }, (_, i) => {
    const [sample, pixel] = [Math.floor(i / 6), i % 6];
    const start = (k: number): number => sample * 18 + k * 6;
    const weight = (k: number): number => g.subarray(start(k), start(k) + 6).reduce((sum, value) => sum + value, 0) / 6;
    return Math.max([0, 1, 2].reduce((sum, k) => sum + weight(k) * a[start(k) + pixel]!, 0), 0);
  });
  const map = resample(tensor([2, 1, 2, 3], coarse), 'NCHW', 4, 6, upsample).data;
  // The formula has one derivative alone, so that the fine map is the gradient.
  const fine = gradientAt(evaluation, INPUT).data;
  values.data.forEach((value, i) => expect(value).toBeCloseTo(fine[i]! * map[Math.floor(i / 48) * 24 + (i % 24)]!, 6));
  expect(provenance.uncovered).toEqual(['conv', 'relu', 'dense']);
  expect(provenance.layer).toBe('conv');
  expect(provenance.passes).toEqual({ forward: 4, backward: 4 });
});

test('a model of vectors is refused in words', async () => {
  const vectors = analyticModel(linearFormula([3], [[1, 2, 3]]), { capabilities: NEEDS });
  await expect(explain(vectors, guidedGradCam(), { input: tensor([1, 3], [1, 2, 3]), targets: 0 })).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
});
