import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, type ModelAdapter } from '@pellucid/core';
import { readReferenceModels, referenceTolerance, relativeDifference } from '@pellucid/testkit';
import { inputXGradient } from './input-x-gradient.ts';

const GOLDEN = join(__dirname, '../../../../../shared/golden');
const models = readReferenceModels(GOLDEN, ['mlp', 'cifar', 'fmnist']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, value } = network;
    let model: ModelAdapter<'gradient'>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test('agrees with Captum', async () => {
      const expected = value('input_x_gradient');
      const { values } = await explain(model, inputXGradient(), { input, targets });
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
