import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, sliceBatch, tensor, type ModelAdapter } from '@pellucid/core';
import { readReferenceModels, referenceTolerance, relativeDifference } from '@pellucid/testkit';
import { eigenCam } from './eigen-cam.ts';

const GOLDEN = join(__dirname, '../../../../../shared/golden');
const models = readReferenceModels(GOLDEN, ['cifar', 'fmnist']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, camLayer, value } = network;
    let model: ModelAdapter<'activations'>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test('centred, agrees with pytorch-grad-cam up to the sign, which is arbitrary there', async () => {
      const expected = value('pgc_EigenCAM', '_raw');
      const [, height, width] = expected.values.shape;
      const { values } = await explain(model, eigenCam({ layer: camLayer, centred: true, upsample: false }), { input, targets });
      expect(values.shape).toEqual([targets.length, 1, height, width]);
      const maps = tensor(expected.values.shape, values.data);
      const signed = targets.flatMap((_, sample) => {
        const [map, other] = [sliceBatch(maps, sample, sample + 1), sliceBatch(expected.values, sample, sample + 1)];
        const agreement = map.data.reduce((sum, a, i) => sum + a * other.data[i]!, 0);
        return [...map.data].map((a) => (agreement < 0 ? -a : a));
      });
      expect(relativeDifference(tensor(maps.shape, signed), expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
