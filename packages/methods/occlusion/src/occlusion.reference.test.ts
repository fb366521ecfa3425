import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, type ModelAdapter } from '@pellucid/core';
import { readReferenceModels, referenceTolerance, relativeDifference } from '@pellucid/testkit';
import { occlusion } from './occlusion.ts';

const GOLDEN = join(__dirname, '../../../../../shared/golden');
const models = readReferenceModels(GOLDEN, ['cifar', 'fmnist']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, baseline, targets, value } = network;
    let model: ModelAdapter<never>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test.each([['occlusion_zero', 4, 'zero'], ['occlusion_baseline_overlap', 3, baseline]] as const)('agrees with Captum: %s', async (key, stride, start) => {
      const expected = value(key);
      const { values } = await explain(model, occlusion({ window: [5, 5], stride: [stride, stride], baseline: start }), { input, targets });
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
