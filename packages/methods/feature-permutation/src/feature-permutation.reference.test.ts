import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { type ModelAdapter } from '@pellucid/core';
import { readReferenceModels, referenceFeatures, referenceTolerance } from '@pellucid/reference-values';
import { recordedContext, relativeDifference } from '@pellucid/testkit';
import { featurePermutation } from './feature-permutation.ts';

const models = readReferenceModels(['mlp', 'cifar', 'fmnist', 'mobile', 'zoo']).filter(({ network }) => network.methods.includes('feature_permutation'));
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** Captum's reference was made with one fixed permutation for every feature. */
const context = recordedContext({ stream: () => ({ permutation: () => [1, 2, 3, 0] }) });

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, value } = network;
    let model: ModelAdapter<never>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test('with the same permutation, the values of Captum', async () => {
      const expected = value('feature_permutation');
      const batch = { input, layout: model.input.layout, targets, objective: { kind: 'logit', targets } } as const;
      const { values } = await featurePermutation({ features: referenceFeatures(input) }).explain(model, batch, context);
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
