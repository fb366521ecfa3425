import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { type Features, type ModelAdapter, type Tensor } from '@pellucid/core';
import { readReferenceModels, recordedContext, referenceTolerance, relativeDifference } from '@pellucid/testkit';
import { featurePermutation } from './feature-permutation.ts';

const GOLDEN = join(__dirname, '../../../../../shared/golden');
const models = readReferenceModels(GOLDEN, ['mlp', 'cifar', 'fmnist', 'mobile', 'zoo']).filter(({ network }) => network.methods.includes('feature_permutation'));
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** Blocks of 4 x 4 pixels, or each value of a vector. */
const featuresOf = ({ shape: [, , height, width] }: Tensor): Features =>
  (height === undefined || width === undefined ? 'each' : [height / 4, width / 4]);

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
      const { values } = await featurePermutation({ features: featuresOf(input) }).explain(model, batch, context);
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
