import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, type ModelAdapter } from '@pellucid/core';
import { readReferenceModels, referenceTolerance, relativeDifference } from '@pellucid/testkit';
import { saliency } from './saliency.ts';

const GOLDEN = join(__dirname, '../../../../../shared/golden');
const models = readReferenceModels(GOLDEN, ['mlp', 'cifar', 'fmnist']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, value } = network;
    let model: ModelAdapter<'gradient'>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test.each([[false, 'saliency_signed'], [true, 'saliency_abs']])('with absolute = %s agrees with Captum (%s)', async (absolute, key) => {
      const expected = value(key);
      const { values } = await explain(model, saliency({ absolute }), { input, targets });
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
