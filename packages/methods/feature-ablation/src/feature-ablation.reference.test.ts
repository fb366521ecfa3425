import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, type Features, type ModelAdapter, type Tensor } from '@pellucid/core';
import { readReferenceModels, referenceTolerance, relativeDifference } from '@pellucid/testkit';
import { featureAblation } from './feature-ablation.ts';

const GOLDEN = join(__dirname, '../../../../../shared/golden');
const models = readReferenceModels(GOLDEN, ['mlp', 'cifar', 'fmnist', 'mobile', 'zoo']).filter(({ network }) => network.methods.includes('feature_ablation_zero'));
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** Blocks of 4 x 4 pixels, or each value of a vector. */
const featuresOf = ({ shape: [, , height, width] }: Tensor): Features =>
  (height === undefined || width === undefined ? 'each' : [height / 4, width / 4]);

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, value, baseline } = network;
    let model: ModelAdapter<never>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test.each([['feature_ablation_zero', 'zero'], ['feature_ablation_baseline', baseline]] as const)('%s: the values of Captum', async (key, away) => {
      const expected = value(key);
      const { values } = await explain(model, featureAblation({ features: featuresOf(input), baseline: away }), { input, targets });
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
